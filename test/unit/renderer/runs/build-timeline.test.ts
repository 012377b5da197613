import { expect, test } from 'vitest';
import { buildTimeline, splitName } from '#renderer/features/runs/build-timeline.ts';
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
