import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { testEngine } from '#test/engine/for-tests.ts';
import { type Context, request } from '../docker/fixture.ts';
import { type EngineProxy, startProxy } from './proxy.ts';
import { built, createWorld, from, type World } from './world.ts';

const shared = testEngine();
const direct = createWorld(shared.env, 'begun-directly');
let proxy: EngineProxy;
let world: World;
let context: Context;

beforeEach(async ({ skip }) => {
  if (!shared.dockerHost.startsWith('unix://')) skip('the engine is not on a socket');
  proxy = await startProxy(shared.dockerHost);
  world = createWorld({ ...shared.env, DOCKER_HOST: proxy.dockerHost }, 'begun');
  context = await world.context({
    Dockerfile: `${from}ARG WHO\nCOPY a /a\nRUN cat /a; echo $WHO\n`,
    a: 'first',
  });
});
afterEach(async () => {
  await world.clean();
  await proxy.close();
});
afterAll(() => direct.clean());

const begin = async () => {
  const { signal: _, ...spec } = request(context);
  return world.engine.begin(spec);
};
const soon = { timeout: 5_000 };
const isOpen = () => proxy.openTo('/session') + proxy.openTo('/grpc');

test('a build that has begun is asked for by what was opened then, and is that of any other', async () => {
  const begun = await begin();
  await expect.poll(isOpen, soon).toBe(2);
  const wanted = { labels: { revision: 'known later' } };
  const told = await world.build(context, { ...wanted, begun });
  expect(built(told)).toBe(built(await direct.build(context, wanted)));
  begun.drop();
  await expect.poll(isOpen, soon).toBe(0);
});

test('what changed since it has begun is in it', async () => {
  const begun = await begin();
  await expect.poll(isOpen, soon).toBe(2);
  await writeFile(join(context.folder, 'a'), 'other');
  const told = await world.build(context, { begun, noCache: true });
  expect(told.lines.join('')).toContain('other');
});

test('one that nobody builds leaves nothing open', async () => {
  const begun = await begin();
  await expect.poll(isOpen, soon).toBe(2);
  begun.drop();
  await expect.poll(isOpen, soon).toBe(0);
  const early = await begin();
  early.drop();
  await expect.poll(isOpen, soon).toBe(0);
  // It is built all the same by whoever asks after that, as if nothing had begun.
  built(await world.build(context, { begun: early }));
});

test('an engine that is gone when it is built is no engine', async () => {
  const begun = await begin();
  await expect.poll(isOpen, soon).toBe(2);
  expect(proxy.cut('/session')).toBe(1);
  const told = await world.build(context, { begun });
  expect(told.failure).toMatchObject({ code: 'engine-unreachable' });
});

test('a cancel in the moment of beginning ends it', async () => {
  const cancel = new AbortController();
  const begun = await begin();
  cancel.abort(new Error('cancelled'));
  await expect(world.build(context, { begun, signal: cancel.signal })).rejects.toThrow('cancelled');
  await expect.poll(isOpen, soon).toBe(0);
});

test('what is not there the build says', async () => {
  const { signal: _, ...spec } = request(context, { dockerfile: 'Missing' });
  const begun = await world.engine.begin(spec);
  const told = await world.build(context, { begun, dockerfile: 'Missing' });
  expect(told.failure).toMatchObject({ code: 'config-invalid' });
});
