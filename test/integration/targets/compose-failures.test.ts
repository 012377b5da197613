// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of a compose file
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
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

/** Until nothing keeps the port busy. */
async function listening(port = 0): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, server };
}

describe('what comes up wrong', () => {
  it('a container that exits is noticed at once, with its last words', async () => {
    const release = await at.release('exits', 'echo could not open the database >&2; exit 3');
    service();
    const startedAt = Date.now();
    const done = await at.deploy(release, { health: {} });
    expect(done).toMatchObject({
      step: 'wait',
      end: { outcome: 'failed', detail: 'web exited with code 3', error: { code: 'target-refused' } },
    });
    expect(done.text).toContain('could not open the database');
    expect(Date.now() - startedAt).toBeLessThan(8_000);
  });

  it('one that is restarted again and again as well', async () => {
    const release = await at.release('restarts', 'echo again; exit 1');
    service('restart: always');
    const done = await at.deploy(release, { health: {} });
    expect(done.end).toMatchObject({ outcome: 'failed', detail: 'web keeps restarting (exit code 1)' });
    expect(done.text).toContain('again');
  });

  it('one that ends by itself, if nothing else runs the release', async () => {
    const release = await at.release('ends', 'true');
    service();
    expect((await at.deploy(release, { health: {} })).end).toMatchObject({
      outcome: 'failed',
      detail: 'web ended by itself (exit code 0)',
    });
  });

  it('one whose own check fails, before the deadline', async () => {
    service('healthcheck: { test: ["CMD", "false"], interval: 100ms, retries: 2 }', 'init: true');
    const done = await at.deploy(good, { health: {} });
    expect(done.end).toMatchObject({ outcome: 'failed', detail: 'web is unhealthy' });
    expect(done.outputs.at(-2)).toMatchObject({
      kind: 'line',
      source: 'web',
      level: 'note',
      text: 'it wrote nothing',
    });
  });

  it('one whose own check never passes, at the deadline', async () => {
    service(
      'healthcheck: { test: ["CMD", "sleep", "60"], interval: 60s, timeout: 60s, start_period: 60s }',
      'init: true',
    );
    const done = await at.deploy(good, { health: { deadline: 1_500 } });
    expect(done.end).toMatchObject({ outcome: 'failed', detail: 'not healthy within 1.5 s: web starting' });
    expect(done.text).toMatch(/web starting, 1(\.\d)? s/);
  });

  it('one that answers anything but yes', async () => {
    service('ports: ["127.0.0.1::8080"]', 'init: true');
    const done = await at.deploy(good, { health: { http: '/nowhere', deadline: 1_000 } });
    expect(done.end).toMatchObject({ detail: 'not healthy within 1 s: web answers 404 on /nowhere' });
  });

  it('one that does not answer', async () => {
    const release = await at.release('silent', 'exec sleep 600');
    service('ports: ["127.0.0.1::8080"]', 'init: true');
    const done = await at.deploy(release, { health: { http: '/healthz', deadline: 1_000 } });
    expect(done.end).toMatchObject({ detail: 'not healthy within 1 s: web does not answer on /healthz yet' });
  });

  it('one that publishes nothing to ask', async () => {
    service('init: true');
    expect((await at.deploy(good)).end).toMatchObject({
      outcome: 'failed',
      detail: 'no service of the release publishes a port on which /healthz could be asked',
      error: { hint: expect.stringContaining('health.http') },
    });
  });
});

describe('what cannot start', () => {
  it('a port that another program has', async () => {
    const { port, server } = await listening();
    try {
      service(`ports: ["127.0.0.1:${port}:8080"]`);
      expect(await at.deploy(good)).toMatchObject({
        step: 'start',
        end: {
          outcome: 'failed',
          error: { code: 'target-refused', message: `Port 127.0.0.1:${port} is in use already.` },
        },
      });
    } finally {
      server.close();
    }
  });

  it('a port that another container has', async () => {
    const { port, server } = await listening();
    await new Promise((resolve) => server.close(resolve));
    service(`ports: ["127.0.0.1:${port}:8080"]`, 'init: true');
    await at.deploy(good, { environment: 'other' });
    expect((await at.deploy(good)).end).toMatchObject({
      outcome: 'failed',
      error: {
        message: `Port 127.0.0.1:${port} is in use already.`,
        hint: expect.stringContaining('docker ps'),
      },
    });
  });

  it('an image that cannot be pulled', async () => {
    at.write({
      'compose.yml': `services:\n  web: { build: . }\n  db: { image: "127.0.0.1:9/nowhere/db:1" }\n`,
    });
    expect(await at.deploy(good)).toMatchObject({ step: 'start', end: { outcome: 'failed' } });
  });

  it('a container name that another environment has', async () => {
    service(`container_name: ${at.name}-fixed`, 'init: true', 'ports: ["127.0.0.1::8080"]');
    await at.deploy(good, { environment: 'other' });
    expect((await at.deploy(good)).end).toMatchObject({
      outcome: 'failed',
      error: { message: `The container name ${at.name}-fixed is taken.` },
    });
  });

  it('a release whose image is gone, before anything is touched', async () => {
    service();
    const gone = { ...good, imageId: `sha256:${'0'.repeat(64)}` };
    expect(await at.deploy(gone)).toMatchObject({
      step: 'find-image',
      end: { outcome: 'failed', error: { code: 'image-gone', hint: expect.stringContaining('Build') } },
    });
  });

  it('a project in which others have containers, before anything is touched', async () => {
    service();
    const container = await at.docker(
      'run',
      '--detach',
      '--label',
      `com.docker.compose.project=${at.name}-dev`,
      '--label',
      'com.docker.compose.oneoff=False',
      good.ref,
    );
    try {
      expect(await at.deploy(good)).toMatchObject({
        step: 'find-image',
        end: {
          outcome: 'failed',
          error: { code: 'target-refused', message: expect.stringContaining('did not start') },
        },
      });
      expect(await at.docker('inspect', '--format', '{{.State.Running}}', container)).toBe('true');
    } finally {
      await at.docker('rm', '--force', container);
    }
  });
});

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

it('an abort ends a deploy at once', async () => {
  const release = await at.release('slow', 'exec sleep 600');
  service('init: true', 'ports: ["127.0.0.1::8080"]');
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 1_500);
  const startedAt = Date.now();
  await expect(at.deploy(release, { io: { signal: controller.signal } })).rejects.toThrow(/abort/i);
  expect(Date.now() - startedAt).toBeLessThan(5_000);
});
