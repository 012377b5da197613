import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEngine } from '#main/docker/engine.ts';
import type { ProvisionedEngine } from '#test/engine/engine.ts';
import { ownEngine } from '#test/engine/for-tests.ts';
import { build, type Context, labels, look, makeContext, never, request, unique } from './fixture.ts';

const at = (host: string) => createEngine({ env: { DOCKER_HOST: host }, homeFolder: '/nonexistent' });
const unreachable = { code: 'engine-unreachable' };

/** How long it takes to be refused, in ms. */
async function timed(work: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await expect(work).rejects.toMatchObject(unreachable);
  return performance.now() - began;
}

describe('an engine that is not there', () => {
  test.each(['unix:///nonexistent/docker.sock', 'tcp://127.0.0.1:1', 'nonsense://', 'tcp://'])(
    '%s',
    async (host) => {
      const engine = at(host);
      const status = await engine.status();
      expect(status).toMatchObject({ kind: 'unreachable', why: expect.stringContaining(host) });
      expect(status.kind === 'unreachable' && status.tried).toHaveLength(1);
      expect(await timed(engine.image('x'))).toBeLessThan(500);
      expect(await timed(engine.containers({}))).toBeLessThan(500);
    },
  );

  test('no engine at all', async () => {
    const engine = createEngine({ env: {}, homeFolder: '/nonexistent', platform: 'win32' });
    const status = await engine.status();
    expect(status).toMatchObject({ kind: 'unreachable', why: expect.stringContaining('docker_engine') });
    expect(status.kind === 'unreachable' && status.tried).toHaveLength(3);
  });

  test('an abort while it is asked', async () => {
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(at('tcp://127.0.0.1:1').image('x', signal)).rejects.toThrow('never mind');
    expect(await at('tcp://127.0.0.1:1').status(signal)).toMatchObject({ kind: 'unreachable' });
  });
});

describe('something else behind the socket', () => {
  const servers: Server[] = [];
  const folders: string[] = [];
  const serve = async (answer: string | undefined) => {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-sock-'));
    folders.push(folder);
    const path = join(folder, 's');
    const server = createServer((socket) => {
      socket.on('error', () => {});
      if (answer !== undefined) socket.once('data', () => socket.end(answer));
    }).listen(path);
    servers.push(server);
    await once(server, 'listening');
    return `unix://${path}`;
  };
  afterAll(async () => {
    for (const server of servers) server.close();
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  test('that never answers', async () => {
    const engine = at(await serve(undefined));
    expect(await timed(engine.image('x'))).toBeLessThan(5_000);
    expect(await engine.status()).toMatchObject({
      kind: 'unreachable',
      why: expect.stringContaining('2.5 seconds'),
    });
  });

  test('that is no engine', async () => {
    const engine = at(await serve('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n'));
    expect(await engine.status()).toMatchObject({ kind: 'unreachable', why: expect.stringContaining('404') });
  });

  test('that speaks no HTTP', async () => {
    expect(await at(await serve('SSH-2.0-OpenSSH\r\n')).status()).toMatchObject({ kind: 'unreachable' });
  });

  test('an engine that is too old', async () => {
    const engine = at(await serve('HTTP/1.1 200 OK\r\nApi-Version: 1.24\r\ncontent-length: 2\r\n\r\nOK'));
    await expect(engine.image('x')).rejects.toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('1.24'),
    });
  });
});

describe('an engine that goes away', () => {
  let provisioned: Promise<ProvisionedEngine> | undefined;
  let own: ProvisionedEngine;
  let context: Context;
  const engine = () => at(own.dockerHost);

  beforeEach(async ({ skip }) => {
    provisioned ??= ownEngine({ skip });
    own = await provisioned;
  });
  beforeAll(async () => {
    context = await makeContext({ Dockerfile: 'FROM gantry-test-base:1\nRUN echo started; sleep 30\n' });
  });
  afterAll(async () => {
    await context.remove();
    await own?.stop();
  });

  const buildUntilStarted = (wanted = engine()) => {
    const started = Promise.withResolvers<void>();
    const running = build(wanted, request(context, { noCache: true }), (output) => {
      if (output.kind === 'lines') started.resolve();
    });
    running.catch(started.reject);
    return { started: started.promise, running };
  };

  test.each(['SIGTERM', 'SIGKILL'] as const)('%s during a build', async (signal) => {
    const { started, running } = buildUntilStarted();
    await started;
    const stopping = own.stopDaemon(signal);
    expect(await timed(running)).toBeLessThan(5_000);
    await stopping;
    expect(await engine().status()).toMatchObject({ kind: 'unreachable' });
    await own.startDaemon();
    expect(await engine().status()).toMatchObject({ kind: 'reachable' });
    expect(await engine().image(`${unique}:1`)).toBeUndefined();
  });

  test('before a build', async () => {
    await own.stopDaemon();
    expect(await timed(build(engine(), request(context)))).toBeLessThan(1_000);
    await own.startDaemon();
  });

  test('while a command runs in an image', async () => {
    const started = Promise.withResolvers<void>();
    const running = engine().runInImage({
      imageId: 'gantry-test-base:1',
      argv: ['sh', '-c', 'echo started; sleep 30'],
      env: {},
      labels,
      signal: never,
      onLine: () => started.resolve(),
    });
    running.catch(started.reject);
    await started.promise;
    const stopping = own.stopDaemon('SIGKILL');
    expect(await timed(running)).toBeLessThan(5_000);
    await stopping;
    await own.startDaemon();
    // A container outlives a crash; whoever recovers finds it by its labels.
    expect(await engine().containers(labels)).toHaveLength(1);
  });

  test('the same object goes on after a restart', async () => {
    const same = engine();
    expect(await same.image('gantry-test-base:1')).toBeDefined();
    await own.restart();
    expect(await same.image('gantry-test-base:1')).toBeDefined();
  });

  test('one that hangs is given up in 5 seconds, in the middle of a build too', async () => {
    const { started, running } = buildUntilStarted();
    await started;
    const pid = await daemonPid();
    process.kill(pid, 'SIGSTOP');
    try {
      const times = await Promise.all([timed(running), timed(engine().image('gantry-test-base:1'))]);
      for (const time of times) expect(time).toBeLessThan(6_000);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(await engine().status()).toMatchObject({ kind: 'reachable' });
  });

  async function daemonPid(): Promise<number> {
    const { readFile } = await import('node:fs/promises');
    const folder = own.dockerHost.replace('unix://', '').replace(/\/[^/]+$/, '');
    return Number(await readFile(join(folder, 'dockerd.pid'), 'utf8'));
  }
});

describe('an engine with the containerd image store', () => {
  test('says so, and builds, names and runs the same way', async ({ skip, onTestFinished }) => {
    const own = await ownEngine({ skip }, { store: 'containerd' });
    onTestFinished(() => own.stop());
    const engine = at(own.dockerHost);
    expect(await engine.status()).toMatchObject({
      kind: 'reachable',
      imageStore: 'containerd',
      hasBuildKit: true,
    });
    const context = await makeContext({ Dockerfile: `FROM gantry-test-base:1\nRUN echo one > /one\n` });
    const { imageId, lines } = await build(engine, request(context));
    expect(lines).toEqual([]);
    const facts = await engine.image(`${unique}:1`);
    expect(facts?.identity).toEqual({
      imageId,
      manifestDigests: { [unique]: imageId },
    });
    expect(await look(engine, imageId, 'cat /one')).toEqual(['one']);
    await engine.tag(imageId, `${unique}:2`);
    await engine.untag(`${unique}:1`);
    expect((await engine.image(imageId))?.tags).toEqual([`${unique}:2`]);
    await engine.untag(`${unique}:2`);
    expect(await engine.image(imageId)).toBeUndefined();
    await context.remove();
  });
});
