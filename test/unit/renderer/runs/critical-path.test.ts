import { expect, test } from 'vitest';
import { buildTimeline, splitName } from '#renderer/features/runs/build-timeline.ts';
import { criticalPath } from '#renderer/features/runs/critical-path.ts';
import type { Vertex } from '#shared/domain/run-events.ts';

const vertex = (
  id: string,
  startedAt: number,
  endedAt: number | undefined,
  inputs: string[] = [],
  state: Vertex['state'] = 'done',
): Vertex => ({
  id,
  name: `[stage ${id}] RUN ${id}`,
  inputs,
  state,
  startedAt,
  ...(endedAt === undefined ? {} : { endedAt }),
});

test('the path follows the input that was waited for longest', () => {
  const path = criticalPath([
    vertex('base', 0, 10),
    vertex('slow', 10, 90, ['base']),
    vertex('fast', 10, 30, ['base']),
    vertex('join', 90, 100, ['fast', 'slow']),
  ]);
  expect([...path]).toEqual(['join', 'slow', 'base']);
});

test('a step without named inputs waited for what ended last before it began', () => {
  const path = criticalPath([
    vertex('early', 0, 10),
    vertex('work', 10, 50, ['early']),
    vertex('beside', 10, 70),
    vertex('export', 50, 80),
  ]);
  expect([...path]).toEqual(['export', 'work', 'early']);
});

test('steps that name each other as inputs end the walk', () => {
  expect([...criticalPath([vertex('a', 0, 5, ['b']), vertex('b', 0, 4, ['a'])])]).toEqual(['a', 'b']);
});

test('a build without a finished step has no path', () => {
  expect(criticalPath([vertex('a', 0, undefined, [], 'running')]).size).toBe(0);
});

test('bars begin with the first step, and a running one ends now', () => {
  const { steps, totalMs } = buildTimeline(
    [
      vertex('b', 1_500, undefined, ['a'], 'running'),
      vertex('a', 1_000, 1_400),
      { id: 'w', name: 'RUN later', inputs: [], state: 'waiting' },
    ],
    3_000,
  );
  expect(steps.map(({ id, from, to, kind }) => [id, from, to, kind])).toEqual([
    ['a', 0, 400, 'ran'],
    ['b', 500, 2_000, 'running'],
  ]);
  expect(totalMs).toBe(2_000);
});

test('cached, failed and critical steps keep their kinds', () => {
  const { steps } = buildTimeline(
    [
      vertex('cached', 0, 1, [], 'cached'),
      vertex('base', 0, 10),
      vertex('aside', 0, 5),
      vertex('last', 10, 20, ['base']),
      vertex('bad', 10, 15, ['base'], 'failed'),
    ],
    99,
  );
  expect(Object.fromEntries(steps.map(({ id, kind }) => [id, kind]))).toEqual({
    cached: 'cached',
    base: 'critical',
    aside: 'ran',
    last: 'critical',
    bad: 'failed',
  });
});

test.each([
  ['[deps 2/5] RUN npm ci', { group: 'deps', name: 'RUN npm ci' }],
  ['[internal] load .dockerignore', { group: 'internal', name: 'load .dockerignore' }],
  ['[1/3] FROM alpine', { group: '', name: 'FROM alpine' }],
  ['exporting to image', { group: 'export', name: 'exporting to image' }],
  ['RUN make', { group: '', name: 'RUN make' }],
])('%s is shown by stage and instruction', (name, shown) => {
  expect(splitName(name)).toEqual(shown);
});
