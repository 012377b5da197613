// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a compose file
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '#main/core/ports.ts';
import { createEngine } from '#main/docker/engine.ts';
import { type ComposeFixture, createComposeFixture, engineWith, type Release } from './compose-fixture.ts';

let at: ComposeFixture;
let good: Release;

beforeAll(async () => {
  at = createComposeFixture();
  good = await at.release('good');
});

afterEach(() => at.removeContainers());
afterAll(() => at.dispose());

function service(...lines: string[]): void {
  at.write({
    'compose.yml': ['services:', '  web:', '    build: .', ...lines.map((line) => `    ${line}`), ''].join(
      '\n',
    ),
  });
}

describe('compose files that are wrong', () => {
  it.each([
    ['no YAML', 'services:\n  web:\n   image: x\n  - y', 'yaml: '],
    ['an unknown key', 'services: { web: { imag: x } }', 'imag'],
    ['a wrong type', 'services: { web: { image: [x] } }', 'image must be a string'],
    ['an undefined network', 'services: { web: { build: ., networks: [nope] } }', 'undefined network nope'],
  ])('%s is told before a deploy and refused by its first step', async (_name, text, said) => {
    at.write({ 'compose.yml': text });
    const error = {
      code: 'compose-invalid',
      message: expect.stringContaining(said),
      hint: expect.stringMatching(/./),
    };
    expect(await at.check()).toEqual([error]);
    expect(await at.deploy(good)).toMatchObject({ step: 'find-image', end: { outcome: 'failed', error } });
  });

  it('none of them, or one that is not there', async () => {
    const elsewhere = { io: { folder: join(at.folder, 'empty') } };
    mkdirSync(elsewhere.io.folder, { recursive: true });
    expect(await at.check(elsewhere)).toMatchObject([
      { code: 'compose-invalid', hint: expect.stringContaining('compose.yml') },
    ]);
    expect(await at.check({ config: { file: 'gone.yml' } })).toMatchObject([
      { message: 'There is no compose file gone.yml.' },
    ]);
  });

  it('one without a service for the release, or without the named one', async () => {
    at.write({ 'compose.yml': 'services: { db: { image: "postgres:16" } }' });
    expect(await at.check()).toMatchObject([
      { message: `No service of the compose file runs ${at.name} (services: db).` },
    ]);
    expect((await at.deploy(good)).end).toMatchObject({
      outcome: 'failed',
      error: { code: 'compose-invalid' },
    });
    expect(await at.check({ config: { services: ['web'] } })).toMatchObject([
      { message: expect.stringContaining('no service web') },
    ]);
  });

  it('one that builds several images, none of them called like the release', async () => {
    at.write({ 'compose.yml': 'services: { a: { build: ./a }, b: { build: ./b } }' });
    const error = {
      code: 'compose-invalid',
      message: 'The compose file builds several different images: a, b.',
    };
    expect(await at.check()).toMatchObject([error]);
    expect(await at.deploy(good)).toMatchObject({ step: 'find-image', end: { outcome: 'failed', error } });
  });

  it('one that needs a variable that the env lacks', async () => {
    service('ports: ["${PORT:?set PORT}:8080"]');
    expect(await at.check()).toEqual([]);
    expect((await at.deploy(good)).end).toMatchObject({
      outcome: 'failed',
      error: {
        code: 'compose-invalid',
        message: 'The compose file requires PORT, and the env file does not have it.',
      },
    });
  });
});

describe('without Compose', () => {
  const ioWithPath = (path: string): Partial<Io> => ({
    engine: engineWith(at.engine, {
      cliEnvironment: () => ({ ...at.engine.cliEnvironment(), PATH: path, DOCKER_CONFIG: at.folder }),
    }),
  });
  const binWith = (name: string, script: string): string => {
    const bin = join(at.folder, `bin-${name}`);
    at.write({ [`bin-${name}/${name}`]: `#!/bin/sh\n${script}\n` });
    chmodSync(join(bin, name), 0o755);
    return bin;
  };
  // A folder with the docker command and nothing else.
  const dockerOnly = (): string => {
    const docker = execFileSync('sh', ['-c', 'command -v docker'], {
      env: at.processEnv,
      encoding: 'utf8',
    }).trim();
    return binWith('docker', `exec ${docker} "$@"`);
  };

  it.each([
    ['no docker at all', () => join(at.folder, 'nothing'), 'There is no docker command on the path.'],
    ['no plugin', dockerOnly, 'The docker command has no compose plugin.'],
    [
      'only version 1',
      () => `${binWith('docker-compose', 'echo 1.29.2')}:${dockerOnly()}`,
      'Only Compose 1.29.2 (docker-compose) is installed, and it is too old.',
    ],
    [
      'version 2 but not as a plugin',
      () => `${binWith('docker-compose', 'echo 2.26.1')}:${dockerOnly()}`,
      'Compose 2.26.1 is installed as docker-compose, but not as a plugin of the docker command.',
    ],
  ])('%s is said so, before and during a deploy', async (_name, path, message) => {
    service();
    const error = { code: 'compose-missing', message, hint: expect.stringContaining('Docker Compose v2') };
    expect(await at.check({ io: ioWithPath(path()) })).toEqual([error]);
    await expect(at.deploy(good, { io: ioWithPath(path()) })).rejects.toMatchObject(error);
  });
});

describe('an engine that does not answer', () => {
  const dead = () =>
    createEngine({
      env: { ...at.processEnv, DOCKER_HOST: 'unix:///tmp/gantry-no-such.sock' },
      homeFolder: at.folder,
    });

  it('leaves what runs unknown', async () => {
    service();
    expect(await at.observe({ io: { engine: dead() } })).toMatchObject({
      kind: 'unreachable',
      why: expect.stringMatching(/./),
    });
  });

  it('is an error and no answer, in every step', async () => {
    service('init: true', 'ports: ["127.0.0.1::8080"]');
    await expect(at.deploy(good, { io: { engine: dead() } })).rejects.toMatchObject({
      code: 'engine-unreachable',
    });
    // As if it died between two steps: only docker compose still tries to reach it.
    const dying = engineWith(at.engine, { cliEnvironment: () => dead().cliEnvironment() });
    await expect(at.deploy(good, { io: { engine: dying } })).rejects.toMatchObject({
      code: 'engine-unreachable',
    });
  });
});
