import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDocker } from '#main/docker/docker.ts';
import type { EnginePlace } from '#shared/domain/engine-place.ts';
import { freePort } from '#test/chatbot-workspace.ts';
import { baseImage } from '#test/engine/base-image.ts';
import type { ProvisionedEngine } from '#test/engine/engine.ts';
import { provisionEngine } from '#test/engine/engine.ts';
import { testEngine } from '#test/engine/for-tests.ts';
import { whyNotProvisionable } from '#test/engine/machine.ts';
import { run } from '#test/engine/process.ts';
import { type SshServer, startSshServer, whyNoSshServer } from '#test/engine/ssh-server.ts';
import { makeTlsFolders, type TlsFolders } from '#test/fakes/tls-folders.ts';
import { build, makeContext, never, request } from './fixture.ts';

const shared = testEngine();
const unique = `gantry-remote-${randomUUID().slice(0, 8)}`;
const obstacle = whyNotProvisionable();

let folder: string;
let other: ProvisionedEngine;
let tls: TlsFolders;
let tcp: string;
let sshd: SshServer | undefined;
let docker: ReturnType<typeof createDocker>;

const env = (more: Readonly<Record<string, string>> = {}) => ({
  PATH: process.env.PATH ?? '',
  ...shared.env,
  DOCKER_CONFIG: join(folder, 'config'),
  ...more,
});
const on =
  (engine: { readonly dockerBin: string; readonly env: Readonly<Record<string, string>> }) =>
  async (...args: readonly string[]) => {
    const done = await run(engine.dockerBin, args, {
      env: { ...process.env, ...engine.env } as Record<string, string>,
    });
    if (done.code !== 0) throw new Error(`docker ${args.join(' ')}: ${done.stderr}`);
    return done.stdout.trim();
  };
const at = (place: EnginePlace) => docker.engines.at(place, folder);
const sshPlace = (): EnginePlace => ({ host: sshd?.address(other.dockerHost.replace('unix://', '')) ?? '' });

beforeAll(async () => {
  if (obstacle !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'gantry-remote-'));
  tls = makeTlsFolders(folder);
  const port = await freePort();
  tcp = `tcp://127.0.0.1:${port}`;
  // Not the store of the engine that everybody shares: ids differ.
  other = await provisionEngine({ store: 'containerd', tls: { port, folder: tls.server } });
  if (whyNoSshServer() === undefined) sshd = await startSshServer(other.env.PATH ?? '');
  const PATH = [sshd?.binFolder, shared.env.PATH ?? process.env.PATH].filter(Boolean).join(delimiter);
  docker = createDocker({ env: env({ PATH }), homeFolder: folder });
});
afterAll(async () => {
  docker?.engines.dispose();
  await sshd?.stop();
  await other?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

describe('an engine of an environment’s own', () => {
  it('by tcp with certificates, for Gantry and for the docker command alike', async (t) => {
    if (obstacle !== undefined) t.skip(obstacle);
    const { engine, name } = at({ host: tcp, tls: { folder: 'client', verify: true } });
    expect(name).toBe(tcp);
    expect(await engine.status()).toMatchObject({
      kind: 'reachable',
      via: 'gantry.yml',
      imageStore: 'containerd',
    });
    const cli = engine.cliEnvironment();
    expect(cli).toMatchObject({ DOCKER_HOST: tcp, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: tls.client });
    const seen = await run(shared.dockerBin, ['info', '--format', '{{.DriverStatus}}'], { env: cli });
    expect(seen.stdout).toContain('io.containerd');
  });

  it('without the right certificates is a state with a sentence and a way out', async (t) => {
    if (obstacle !== undefined) t.skip(obstacle);
    const why = async (place: EnginePlace) => {
      const failure = await at(place)
        .engine.image('x')
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'engine-unreachable' });
      return failure as { readonly message: string; readonly hint: string };
    };
    expect(await why({ host: tcp })).toMatchObject({
      message: `The engine at ${tcp} (gantry.yml) does not answer: it wants TLS.`,
      hint: expect.stringContaining('engine.tls.folder'),
    });
    const stranger = await why({ host: tcp, tls: { folder: tls.stranger, verify: true } });
    expect(stranger.hint).toContain('what it lets in');
    await rm(join(tls.stranger, 'key.pem'));
    const missing = await why({ host: tcp, tls: { folder: tls.stranger, verify: true } });
    expect(missing.message).toContain('key.pem missing in');
    expect((await why({ host: 'tcp://127.0.0.1:1' })).message).toContain('nothing listens there');
  });

  it('by docker context, whatever the current one is', async (t) => {
    if (obstacle !== undefined) t.skip(obstacle);
    const { client } = tls;
    const endpoint = `host=${tcp},ca=${client}/ca.pem,cert=${client}/cert.pem,key=${client}/key.pem`;
    const made = await run(shared.dockerBin, ['context', 'create', 'prod', '--docker', endpoint], {
      env: env(),
    });
    expect(made.code).toBe(0);
    const { engine } = at({ context: 'prod' });
    expect(await engine.status()).toMatchObject({ kind: 'reachable', via: 'context prod', host: tcp });
    expect(engine.cliEnvironment()).toMatchObject({ DOCKER_HOST: tcp, DOCKER_TLS_VERIFY: '1' });
    const { engine: nowhere } = at({ context: 'gone' });
    expect(await nowhere.status()).toMatchObject({
      kind: 'unreachable',
      why: expect.stringContaining('context gone'),
    });
    // Told no engine, the docker command would take the one that is there.
    expect(() => nowhere.cliEnvironment()).toThrow(expect.objectContaining({ code: 'engine-unreachable' }));
  });

  it('by ssh, with a connection that is kept for the next question', async (t) => {
    if (sshd === undefined) return t.skip(obstacle ?? whyNoSshServer() ?? '');
    const { engine } = at(sshPlace());
    expect(await engine.status()).toMatchObject({ kind: 'reachable', imageStore: 'containerd' });
    const before = await sshd.connections();
    for (let n = 0; n < 5; n += 1) expect((await engine.images()).length).toBeGreaterThan(0);
    expect(await sshd.connections()).toBe(before);
    const seen = await run(shared.dockerBin, ['info', '--format', '{{.DriverStatus}}'], {
      env: engine.cliEnvironment(),
    });
    expect(seen.stdout).toContain('io.containerd');
  });

  it('by ssh: who is not known, not let in, or has no docker there is told so', async (t) => {
    if (sshd === undefined) return t.skip(obstacle ?? whyNoSshServer() ?? '');
    const why = async (place: EnginePlace) => {
      const failure = await docker.engines
        .at(place, randomUUID())
        .engine.image('x')
        .catch((error: unknown) => error);
      return failure as { readonly code: string; readonly message: string; readonly hint: string };
    };
    const hosts = await readFile(sshd.knownHosts, 'utf8');
    await writeFile(sshd.knownHosts, '');
    const unknown = await why(sshPlace());
    expect(unknown).toMatchObject({
      code: 'engine-unreachable',
      hint: expect.stringContaining('known_hosts'),
    });
    expect(unknown.message).toContain('Host key verification failed');
    await writeFile(sshd.knownHosts, hosts);

    const keys = await readFile(sshd.authorizedKeys, 'utf8');
    await writeFile(sshd.authorizedKeys, '');
    const closed = await why(sshPlace());
    expect(closed.message).toContain('Permission denied');
    expect(closed.hint).toContain('ssh-add');
    await writeFile(sshd.authorizedKeys, keys);

    const noEngine = await why({ host: sshd.address('/nonexistent.sock') });
    expect(noEngine.message).toMatch(/docker daemon|no such file/i);
    await writeFile(sshd.authorizedKeys, `command="exec nothing-like-docker" ${keys}`);
    const noDocker = await why(sshPlace());
    expect(noDocker.message).toContain('not found');
    expect(noDocker.hint).toContain('Install the docker command');
    await writeFile(sshd.authorizedKeys, keys);
    expect((await why({ host: 'ssh://127.0.0.1:1' })).message).toContain('Connection refused');
  });
});

describe('an image between engines', () => {
  const ref = `${unique}:r-1`;
  const here = on(shared);
  const there = () => on(other);
  const dockerfile = `FROM ${baseImage}\nRUN head -c 3000000 /dev/urandom > /big\nCOPY a /a\n`;

  async function buildOne(word: string, tag: string): Promise<string> {
    const context = await makeContext({ Dockerfile: dockerfile, a: word });
    try {
      return (await build(docker.engine, request(context, { tag, labels: {} }))).imageId;
    } finally {
      await context.remove();
    }
  }

  afterAll(async () => {
    if (obstacle !== undefined) return;
    const names = (await here('images', '--format', '{{.Repository}}:{{.Tag}}', unique))
      .split('\n')
      .filter(Boolean);
    if (names.length > 0) await here('rmi', ...names);
  });

  it.each([
    ['tcp', () => at({ host: tcp, tls: { folder: 'client', verify: true } })],
    ['ssh', () => at(sshPlace())],
  ])('goes by %s from store to store, is the same, and has its name', async (way, remote) => {
    if (obstacle !== undefined || (way === 'ssh' && sshd === undefined)) return;
    const imageId = await buildOne(way, ref);
    const told: number[] = [];
    const missing = await remote().missing(imageId, ref);
    expect(missing).toMatchObject({ present: 0, layers: 3 });
    const loaded = await remote().load(imageId, ref, { onProgress: ({ bytesDone }) => told.push(bytesDone) });
    expect(loaded.bytesSent).toBeGreaterThan(3_000_000);
    expect(told.at(-1)).toBe(loaded.bytesSent);
    expect(await there()('image', 'inspect', '--format', '{{.Id}}', ref)).toBe(loaded.imageId);
    expect(loaded.configDigest).toBe((await docker.engine.image(imageId))?.identity.configDigest);
    expect(await there()('run', '--rm', '--network', 'none', ref, 'cat', '/a')).toBe(way);
    // A second time nothing is different.
    const again = await remote().load(imageId, ref, {});
    expect(again.imageId).toBe(loaded.imageId);
    await there()('rmi', ref);
  });

  it('from an engine of containerd to a classic one, where only the config is the same', async (t) => {
    if (obstacle !== undefined) t.skip(obstacle);
    const back = createDocker({ env: { ...process.env, ...other.env }, homeFolder: folder });
    const context = await makeContext({ Dockerfile: dockerfile, a: 'back' });
    const { imageId } = await build(back.engine, request(context, { tag: ref, labels: {} }));
    const remote = back.engines.at({ host: shared.dockerHost }, folder);
    const loaded = await remote.load(imageId, ref, {});
    expect(loaded.imageId).not.toBe(imageId);
    expect(loaded.imageId).toBe(loaded.configDigest);
    expect(await here('image', 'inspect', '--format', '{{.Id}}', ref)).toBe(loaded.imageId);
    expect(await here('run', '--rm', '--network', 'none', ref, 'cat', '/a')).toBe('back');
    await context.remove();
    await there()('rmi', ref);
  });

  it('to an engine that has most of it: only what is missing travels', async (t) => {
    if (obstacle !== undefined) t.skip(obstacle);
    const classic = await provisionEngine({ store: 'classic' });
    try {
      const remote = docker.engines.at({ host: classic.dockerHost }, folder);
      const first = await remote.load(await buildOne('first', `${unique}:f-1`), `${unique}:f-1`, {});
      const second = await buildOne('second', `${unique}:f-2`);
      const missing = await remote.missing(second, `${unique}:f-2`);
      expect(missing).toEqual({ bytes: 'second'.length, layers: 1, present: 2 });
      const loaded = await remote.load(second, `${unique}:f-2`, {});
      expect(loaded.imageId).toBe(second);
      expect(first.bytesSent).toBeGreaterThan(5_000_000);
      expect(loaded.bytesSent).toBeLessThan(30_000);
      const cat = on(classic)(
        'run',
        '--rm',
        '--network',
        'none',
        `${unique}:f-2`,
        'sh',
        '-c',
        'cat /a; wc -c < /big',
      );
      expect(await cat).toBe('second3000000');
    } finally {
      await classic.stop();
    }
  });

  it('is cancelled, and leaves no name there', async (t) => {
    if (obstacle !== undefined) t.skip(obstacle);
    const imageId = await buildOne('cancelled', `${unique}:c`);
    const controller = new AbortController();
    const load = at({ host: tcp, tls: { folder: 'client', verify: true } }).load(imageId, `${unique}:c`, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(load).rejects.toThrow('enough');
    expect(await there()('images', '--quiet', unique)).toBe('');
  });

  it('that is gone here, and an engine that is gone there', async (t) => {
    if (obstacle !== undefined) t.skip(obstacle);
    const remote = at({ host: tcp, tls: { folder: 'client', verify: true } });
    await expect(remote.load(`sha256:${'0'.repeat(64)}`, ref, {})).rejects.toMatchObject({
      code: 'image-gone',
    });
    const imageId = await buildOne('down', `${unique}:d`);
    await other.stopDaemon();
    await expect(remote.load(imageId, ref, {})).rejects.toMatchObject({ code: 'engine-unreachable' });
    if (sshd !== undefined) {
      const status = await at(sshPlace()).engine.status(never);
      expect(status).toMatchObject({
        kind: 'unreachable',
        why: expect.stringMatching(/docker daemon|connection refused|no such file/i),
      });
    }
    await other.startDaemon();
    expect(await remote.engine.status()).toMatchObject({ kind: 'reachable' });
  });
});
