import { describe, expect, test } from 'vitest';
import type { Between } from '#renderer/features/board/gap-facts.ts';
import {
  commitFact,
  envFact,
  flightThrough,
  imageFact,
  primaryOf,
  railOf,
  releaseFact,
  targetFact,
} from '#renderer/features/board/gap-facts.ts';
import type { Circumstances } from '#renderer/stores/refusals.ts';
import type { Board, Gap } from '#shared/domain/board.ts';
import { boardSchema } from '#shared/domain/board.ts';
import { foldRun } from '#shared/domain/run-reducer.ts';
import { systemStatusSchema } from '#shared/domain/system.ts';
import { workspaceViewSchema } from '#shared/domain/workspace.ts';
import { boardInput, promotionEvents, status, workspace } from '#test/fakes/renderer/chatbot.ts';
import { scenarios } from '#test/fakes/renderer/scenarios.ts';

const fine: Circumstances = {
  workspace: workspaceViewSchema.parse(workspace),
  status: systemStatusSchema.parse(status),
  isConnected: true,
  building: undefined,
};

const boardOf = (scenario: string): Board => {
  const board = scenarios[scenario]?.().data.board;
  if (board === undefined) throw new Error(`no scenario ${scenario}`);
  return board;
};

function between(changes: object = {}, sides: { left?: object; right?: object } = {}): Between {
  const [left, right] = boardInput.environments;
  const board = boardSchema.parse({
    ...boardInput,
    environments: [
      { ...left, ...sides.left },
      { ...right, ...sides.right },
    ],
    gaps: [{ ...boardInput.gaps[0], ...changes }],
  });
  const [one, other] = board.environments;
  const [gap] = board.gaps;
  if (one === undefined || other === undefined || gap === undefined) throw new Error('the fixture changed');
  return { left: one, right: other, gap };
}

const keys = (...kinds: Gap['env'][number]['kind'][]) => ({
  env: kinds.map((kind, index) => ({ key: `K${index}`, kind })),
});

describe('env keys', () => {
  const cases: readonly (readonly [name: string, gap: object, text: string, tone: string])[] = [
    ['a needed key is missing', keys('changed', 'missing', 'added'), '1 key missing', 'bad'],
    ['the right has fewer', keys('removed', 'removed', 'changed'), '2 keys fewer', 'plain'],
    ['the right has more', keys('added', 'same'), '1 key extra', 'plain'],
    ['both', keys('added', 'removed'), '1 fewer, 1 extra', 'plain'],
    ['only values differ', keys('changed', 'same'), '1 value differs', 'plain'],
    ['nothing differs', keys('same'), 'no change', 'quiet'],
  ];
  test.each(cases)('%s', (_name, gap, text, tone) => {
    expect(envFact(between(gap))).toMatchObject({ text, tone });
  });
  test('an env file that cannot be read is not called equal', () => {
    expect(envFact(between(keys(), { right: { envKeyCount: undefined } }))).toMatchObject({
      text: 'not known',
    });
  });
});

describe('release, commits, image and target', () => {
  test('ahead and behind say by how many releases', () => {
    expect(releaseFact(between({ releasesAhead: 2 }))).toMatchObject({ text: '2 releases', more: 'ahead' });
    expect(releaseFact(between({ relation: 'behind', releasesAhead: 1 }))).toMatchObject({
      text: '1 release',
      more: 'behind',
    });
  });
  test('an empty right side gets its first release, and nothing is counted against it', () => {
    const first = between({}, { right: { release: undefined, state: undefined } });
    expect(releaseFact(first)).toMatchObject({ text: 'first release' });
    expect([commitFact(first), imageFact(first)]).toEqual([undefined, undefined]);
  });
  test('commits are counted with their authors, or said to be unknown', () => {
    expect(commitFact(between())).toMatchObject({ text: '3 commits', more: '2 authors' });
    expect(commitFact(between({ commits: { kind: 'unknown', why: 'no git' } }))).toMatchObject({
      text: 'not known',
    });
  });
  test('the size is what a promotion would bring', () => {
    expect(imageFact(between())).toMatchObject({ text: '+1.1 MB' });
  });
  test('settings of a target that does not answer are not called equal', () => {
    const silent = { observed: { kind: 'unreachable', at: 1, why: 'gone' } };
    expect(targetFact(between())).toMatchObject({ text: 'no change' });
    expect(targetFact(between({}, { right: silent }))).toMatchObject({ text: 'not known' });
    expect(targetFact(between({}, { right: { observed: { kind: 'empty', at: 1 } } }))).toBeUndefined();
  });
});

describe('the rail', () => {
  const view = foldRun(promotionEvents);
  if (view === undefined) throw new Error('the fixture changed');
  test('only a promotion from this neighbour travels through the gap', () => {
    const { gap } = between();
    expect(flightThrough(gap, [view])?.id).toBe(218);
    expect(flightThrough({ ...gap, left: gap.right }, [view])).toBeUndefined();
    expect(flightThrough(gap, [{ ...view, state: 'succeeded' }])).toBeUndefined();
    expect(flightThrough(gap, [{ ...view, kind: 'deploy' }])).toBeUndefined();
  });
  test('the container stands where the run is, and never leaves the rail', () => {
    const { gap } = between();
    expect(railOf(gap, view)).toEqual({
      kind: 'in-flight',
      at: 0.5,
      label: 'Promotion in flight, step 3 of 5',
    });
    expect(railOf(gap, { ...view, stepsDone: 5 })).toMatchObject({ at: 1 });
  });
  test('blocked only when there is something to promote', () => {
    expect(railOf(between({ blocked: ['no'] }).gap, undefined)).toEqual({ kind: 'blocked' });
    expect(railOf(between({ relation: 'in-sync', blocked: ['no'] }).gap, undefined)).toEqual({
      kind: 'in-sync',
    });
    expect(railOf(between({ relation: 'nothing' }).gap, undefined)).toBeUndefined();
  });
});

describe('one solid button', () => {
  const [, leased] = boardOf('board').environments;
  const [empty] = boardOf('empty').environments;
  if (empty === undefined || leased?.lease === undefined) throw new Error('the fixture changed');
  const cases: readonly (readonly [name: string, board: Board, around: Circumstances, expected: object])[] = [
    ['the promotion furthest forward', boardOf('board'), fine, { kind: 'promote', gap: 1 }],
    ['what nothing blocks goes first', boardOf('rest'), fine, { kind: 'promote', gap: 0 }],
    ['everything in sync', boardOf('sync'), fine, { kind: 'none' }],
    ['nothing built', boardOf('empty'), fine, { kind: 'build-and-deploy' }],
    ['a first promotion', boardOf('first'), fine, { kind: 'promote', gap: 0 }],
    [
      'no engine',
      boardOf('rest'),
      { ...fine, status: scenarios['no-engine']?.().data.status },
      { kind: 'none' },
    ],
    [
      'not trusted',
      boardOf('rest'),
      { ...fine, workspace: workspaceViewSchema.parse({ ...workspace, trusted: false }) },
      { kind: 'none' },
    ],
    [
      'built and not deployed',
      { ...boardOf('one'), environments: boardOf('empty').environments.slice(0, 1) },
      fine,
      { kind: 'deploy' },
    ],
    [
      'built, and the first environment is another run’s for now',
      { ...boardOf('one'), environments: [{ ...empty, lease: leased.lease }] },
      fine,
      { kind: 'none' },
    ],
  ];
  test.each(cases)('%s', (_name, board, around, expected) => {
    expect(primaryOf(board, around)).toEqual(expected);
  });
});
