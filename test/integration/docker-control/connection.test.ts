import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testEngine } from '#test/engine/for-tests.ts';
import { type EngineProxy, startProxy } from './proxy.ts';
import { built, createWorld, from, isRunning, type World } from './world.ts';

const shared = testEngine();
const direct = createWorld(shared.env, 'connection');
let proxy: EngineProxy;
let world: World;

beforeEach(async ({ skip }) => {
  if (!shared.dockerHost.startsWith('unix://')) skip('the engine is not on a socket');
  proxy = await startProxy(shared.dockerHost);
  world = createWorld({ ...shared.env, DOCKER_HOST: proxy.dockerHost }, 'proxied');
});
afterEach(async () => {
  await world.clean();
  await proxy.close();
});
afterAll(() => direct.clean());

describe('a connection that is cut while a step runs', () => {
  test.each(['/session', '/grpc'])('%s: the build ends within 5 s, the engine’s work too', async (path) => {
    const seconds = path === '/session' ? 73 : 74;
    const context = await world.context({ Dockerfile: `${from}RUN echo started; sleep ${seconds}\n` });
    const tag = world.tag();
    let at = 0;
    const told = await world.build(context, { tag, noCache: true }, (output) => {
      if (output.kind !== 'lines') return;
      at = performance.now();
      expect(proxy.cut(path)).toBe(1);
    });
    expect(told.failure).toMatchObject({ code: 'engine-unreachable' });
    expect(performance.now() - at).toBeLessThan(5_000);
    expect(await direct.engine.image(tag)).toBeUndefined();
    if (shared.kind === 'provisioned')
      await expect.poll(() => isRunning(`sleep ${seconds}`), { timeout: 5_000 }).toBe(false);
  });

  test('while the context is sent', async () => {
    const context = await world.context({
      Dockerfile: `${from}COPY . /\n`,
      big: Buffer.alloc(200_000_000, 1),
    });
    const began = performance.now();
    let cut = 0;
    const timer = setTimeout(() => {
      cut = proxy.cut('/session');
    }, 150);
    const told = await world.build(context);
    clearTimeout(timer);
    expect(cut).toBe(1);
    expect(told.failure).toMatchObject({ code: 'engine-unreachable' });
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('an engine without a session or without build control', () => {
  test.each(['/session', '/grpc'])('%s: it gets the whole context, and that is told once', async (path) => {
    proxy.refuse(path);
    const context = await world.context({
      Dockerfile: `${from}COPY a /a\nRUN cat /a; echo\n`,
      a: 'sent',
      '.dockerignore': 'b\n',
      b: 'not',
    });
    const told = await world.build(context, { noCache: true });
    built(told);
    expect(told.lines).toEqual(['sent']);
    expect(told.notes).toEqual([
      `note: the engine gets the whole context each time, because it opens no session: the engine answered 404 to ${path}`,
    ]);
  });

  test('everything else that a build takes goes along', async () => {
    proxy.refuse('/grpc');
    const context = await world.context({
      Dockerfile: `${from}ARG A\nRUN echo $A; grep -w db /etc/hosts; ls /sys/class/net\n`,
    });
    const told = await world.build(context, {
      args: { A: 'argument' },
      extraHosts: { db: '10.1.2.3', other: '10.1.2.4' },
      network: 'none',
      cacheFrom: ['nothing-there:1'],
      cacheTo: ['type=inline'],
      platforms: ['linux/amd64'],
      sourceDateEpoch: 1_700_000_000,
      noCache: true,
    });
    expect((await world.engine.image(built(told)))?.createdAt).toBe(1_700_000_000_000);
    expect(told.lines).toEqual(['argument', '10.1.2.3\tdb', 'lo']);
  });

  test('what cannot go along is named, all of it in one error', async () => {
    proxy.refuse('/session');
    const context = await world.context({ Dockerfile: from });
    const { failure, vertices } = await world.build(context, {
      secrets: { token: Buffer.from('x-value') },
      ssh: [{ id: 'default', socket: proxy.dockerHost.replace('unix://', '') }],
      contexts: { base: 'docker-image://x' },
      cacheFrom: ['type=local,src=/nowhere'],
    });
    expect(failure).toMatchObject({
      code: 'engine-refused',
      message:
        'This engine takes no build with build secrets, SSH agents, named contexts and a cache that is no image: the engine answered 404 to /session.',
      hint: expect.stringContaining('BuildKit session'),
    });
    expect(vertices).toEqual([]);
  });
});
