import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, expect, test } from 'vitest';
import { testEngine } from '#test/engine/for-tests.ts';
import { look } from '../docker/fixture.ts';
import { createWorld, from, isRunning, step } from './world.ts';

const shared = testEngine();
const world = createWorld(shared.env, 'matrix');
afterEach(() => world.clean());
afterAll(() => world.clean());

const cells = (...values: readonly [string, ...string[]]) => {
  const [first, ...rest] = values.map((value) => ({
    cell: `V=${value}`,
    args: { V: value },
    tag: world.tag(),
  }));
  if (first === undefined) throw new Error('no cells');
  return [first, ...rest] as const;
};

test('cells share one transfer and the steps that they have in common', async () => {
  const files = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`src/${i}`, `file ${i}`]));
  const context = await world.context({
    ...files,
    Dockerfile: `${from}COPY src /src\nRUN echo shared; sleep 0.3\nARG V\nRUN echo "cell $V"; echo $V > /v\n`,
  });
  const images = cells('a', 'b', 'c');
  const told = await world.build(context, { images, atOnce: 3, noCache: true });
  expect(told.failure).toBeUndefined();
  expect(told.sent).toHaveLength(1);
  expect(told.sent[0]).toMatchObject({ files: 200, isFirst: true });
  expect(told.lines.toSorted()).toEqual(['cell a', 'cell b', 'cell c', 'shared']);
  expect(told.images.map(({ cell }) => cell)).toEqual(['V=a', 'V=b', 'V=c']);
  for (const [index, { imageId }] of told.images.entries()) {
    expect(await look(world.engine, imageId, 'cat /v')).toEqual([['a', 'b', 'c'][index]]);
    expect((await world.engine.image(images[index]?.tag ?? ''))?.identity.imageId).toBe(imageId);
  }
  const own = told.vertices.filter(({ name }) => /cell/.test(name));
  expect(own.map(({ name, cell }) => name.includes(`cell ${cell?.slice(2)}"`))).toEqual([true, true, true]);
  expect(told.vertices.filter(({ name }) => name.includes('echo shared'))).toHaveLength(1);
  const exported = told.vertices.filter(({ name }) => name === 'exporting to image');
  expect(exported.map(({ cell }) => cell).toSorted()).toEqual(['V=a', 'V=b', 'V=c']);
  for (const vertex of told.vertices) expect(vertex.endedAt, vertex.name).toBeGreaterThan(0);
  for (const output of told.outputs) {
    if (output.kind === 'lines') expect(output.cell).toMatch(/^V=[abc]$/);
  }
});

test('each output of a shared step is told once, however many cells hear it, and in order', async () => {
  const context = await world.context({
    Dockerfile: `${from}RUN i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done\nARG V\nRUN echo $V\n`,
  });
  const told = await world.build(context, { images: cells('a', 'b', 'c', 'd'), atOnce: 4, noCache: true });
  const expected = Array.from({ length: 3_000 }, (_, i) => `line ${i}`);
  expect(told.lines.filter((line) => line.startsWith('line'))).toEqual(expected);
  expect(step(told, 'while').log?.bytes).toBe(expected.join('\n').length + 1);
});

test('no more build side by side than are allowed', async () => {
  const context = await world.context({
    Dockerfile: `${from}ARG V\nRUN echo "begin $V"; sleep 0.4; echo "end $V"\n`,
  });
  const told = await world.build(context, { images: cells('a', 'b', 'c', 'd'), atOnce: 2, noCache: true });
  let running = 0;
  let most = 0;
  for (const line of told.lines) {
    running += line.startsWith('begin') ? 1 : -1;
    most = Math.max(most, running);
  }
  expect(most).toBe(2);
  expect(told.images).toHaveLength(4);
});

test('the first to fail ends the others, and no name is left', async ({ skip }) => {
  if (shared.kind !== 'provisioned') skip('the processes of this engine are not visible');
  const context = await world.context({
    Dockerfile: `${from}ARG V\nRUN if [ $V = a ]; then exit 0; fi; if [ $V = b ]; then sleep 0.5; exit 5; fi; sleep 71\n`,
  });
  const images = cells('a', 'b', 'c', 'd');
  const began = performance.now();
  const told = await world.build(context, { images, atOnce: 3, noCache: true });
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(told.failure).toMatchObject({
    code: 'engine-refused',
    message: expect.stringMatching(/^V=b: .*exit code: 5\.$/),
    problems: [{ file: 'Dockerfile', line: 3 }],
  });
  expect(told.images).toEqual([]);
  for (const { tag } of images) expect(await world.engine.image(tag)).toBeUndefined();
  expect(await isRunning('sleep 71')).toBe(false);
  // The fourth was never begun.
  await pause(200);
  expect(await isRunning('sleep 71')).toBe(false);
});

test('cancelled, all end within a second', async ({ skip }) => {
  if (shared.kind !== 'provisioned') skip('the processes of this engine are not visible');
  const context = await world.context({ Dockerfile: `${from}ARG V\nRUN echo started; sleep 72\n` });
  const images = cells('a', 'b', 'c');
  const abort = new AbortController();
  let at = 0;
  let started = 0;
  const building = world.build(
    context,
    { images, atOnce: 3, noCache: true, signal: abort.signal },
    (output) => {
      if (output.kind !== 'lines') return;
      started += 1;
      if (started < 3) return;
      at = performance.now();
      abort.abort(new Error('enough'));
    },
  );
  await expect(building).rejects.toThrow('enough');
  expect(performance.now() - at).toBeLessThan(1_000);
  expect(await isRunning('sleep 72')).toBe(false);
  for (const { tag } of images) expect(await world.engine.image(tag)).toBeUndefined();
});

test('without a session they are built one after the other', async () => {
  const classic = createWorld({ ...shared.env, DOCKER_BUILDKIT: '0' }, 'matrix-classic');
  const context = await world.context({ Dockerfile: `${from}ARG V\nRUN echo "cell $V"\n` });
  const images = cells('a', 'b');
  const told = await classic.build(context, { images, atOnce: 2, noCache: true });
  expect(told.failure).toBeUndefined();
  expect(told.lines).toEqual(['cell a', 'cell b']);
  expect(told.images.map(({ cell }) => cell)).toEqual(['V=a', 'V=b']);
  expect(new Set(told.vertices.map(({ id }) => id)).size).toBe(told.vertices.length);
  expect(told.vertices.filter(({ cell }) => cell === 'V=b').length).toBeGreaterThan(2);
});
