import { describe, expect, test } from 'vitest';
import { buildTimeline, cellsIn, neededBy } from '#renderer/features/runs/build-timeline.ts';
import { cellOfSource, isSourceOf, splitName } from '#renderer/features/runs/step-name.ts';
import type { Vertex } from '#shared/domain/step-events.ts';

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

const waiting: Vertex = { id: 'w', name: 'RUN later', inputs: [], state: 'waiting' };
const kinds = (...of: Parameters<typeof buildTimeline>) =>
  buildTimeline(...of).steps.map(({ id, kind }) => [id, kind]);

test('bars begin with the first step, a running one ends now, and what waits comes last', () => {
  const { steps, totalMs } = buildTimeline(
    [waiting, vertex('b', 1_500, undefined, ['a'], 'running'), vertex('a', 1_000, 1_400)],
    'going',
    3_000,
  );
  expect(steps.map(({ id, from, to, kind }) => [id, from, to, kind])).toEqual([
    ['a', 0, 400, 'ran'],
    ['b', 500, 2_000, 'running'],
    ['w', 0, 0, 'waiting'],
  ]);
  expect(totalMs).toBe(2_000);
});

test('after the end nothing waits or runs: what was not needed goes, what was not reached is said', () => {
  const vertices = [vertex('a', 0, 10), vertex('b', 0, undefined, [], 'running'), waiting];
  expect(kinds(vertices, 'stopped', 99)).toEqual([
    ['a', 'critical'],
    ['b', 'cancelled'],
    ['w', 'not-run'],
  ]);
  expect(kinds([vertex('a', 0, 10), waiting], 'succeeded', 99)).toEqual([['a', 'critical']]);
});

test('cached, failed, stopped and critical steps keep their kinds', () => {
  const vertices = [
    vertex('cached', 0, 1, [], 'cached'),
    vertex('base', 0, 10),
    vertex('aside', 0, 5),
    vertex('last', 10, 20, ['base']),
    vertex('bad', 10, 15, ['base'], 'failed'),
    vertex('beside', 10, 15, ['base'], 'cancelled'),
  ];
  expect(Object.fromEntries(kinds(vertices, 'stopped', 99))).toEqual({
    cached: 'cached',
    base: 'critical',
    aside: 'ran',
    last: 'critical',
    bad: 'failed',
    beside: 'cancelled',
  });
});

describe('a matrix', () => {
  const of = (cell: string, id: string, inputs: string[] = []): Vertex => ({
    ...vertex(id, 0, 5, inputs),
    cell,
  });
  const vertices = [
    of('X=1', 'shared'),
    of('X=1', 'one', ['shared']),
    of('X=2', 'two', ['shared']),
    vertex('all', 0, 5),
  ];

  test('each cell has its section, in the order in which it came', () => {
    expect(cellsIn(vertices)).toEqual(['X=1', 'X=2']);
    expect(buildTimeline(vertices, 'going', 9).steps.map((step) => step.section)).toEqual([
      'X=1',
      'X=1',
      'X=2',
      'all cells',
    ]);
    expect(buildTimeline([vertex('a', 0, 5)], 'going', 9).steps[0]?.section).toBeUndefined();
    expect(buildTimeline(vertices, 'going', 9, 'X=2').steps.map((step) => step.section)).toEqual([
      'shared with other cells',
      'shared with other cells',
      'X=2',
      'shared with other cells',
    ]);
  });

  test('a cell needs its own steps and those it shares with the cell that came first', () => {
    expect(neededBy(vertices, 'X=2').map((each) => each.id)).toEqual(['shared', 'two', 'all']);
    expect(neededBy(vertices, 'X=1').map((each) => each.id)).toEqual(['shared', 'one', 'all']);
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

test('the lines of a step name it, and the cell behind it', () => {
  const name = '[4/4] RUN make';
  expect([name, `${name} (X=1)`, `${name} all`].map((source) => isSourceOf(source, name))).toEqual([
    true,
    true,
    false,
  ]);
  expect([`${name} (X=1,Y=2)`, name, 'RUN (make)'].map(cellOfSource)).toEqual([
    'X=1,Y=2',
    undefined,
    undefined,
  ]);
});
