import { describe, expect, test } from 'vitest';
import {
  inOrder,
  matchesRelease,
  namesIn,
  presenceWords,
  type ReleaseRow,
  releaseRows,
  sizeOf,
  testsWords,
  toggleMark,
  waysOf,
} from '#renderer/features/releases/release-rows.ts';
import type { Circumstances } from '#renderer/stores/refusals.ts';
import type { ReleaseId } from '#shared/domain/ids.ts';
import { releaseScenarios } from '#test/fakes/renderer/releases.ts';

const { data } = (releaseScenarios['board-tag'] ?? fail)();
const images = data.images?.images ?? [];
const board = data.board;

function fail(): never {
  throw new Error('there is no such scenario');
}

const around: Circumstances = {
  workspace: data.workspace,
  status: data.status,
  isConnected: true,
  building: undefined,
};

const rows = releaseRows(images, data.releases ?? [], board);

function rowOf(id: string): ReleaseRow {
  return rows.find(({ image }) => image.release.id === id) ?? fail();
}

const labels = (id: string, on = board, asked = around) =>
  waysOf(rowOf(id), on, asked).map(({ label, reason }) => [label, reason]);

describe('where a release runs', () => {
  test('is said by the board, which is newer than the list', () => {
    const moved = { ...board, environments: board.environments.map(({ release: _, ...rest }) => rest) };
    expect(releaseRows(images, [], board)[0]?.runsIn).toEqual(['dev']);
    expect(releaseRows(images, [], moved)[0]?.runsIn).toEqual([]);
    expect(releaseRows(images, [], undefined)[0]?.runsIn).toEqual(['dev']);
  });
});

describe('how a release gets on', () => {
  test('from its environment to the next, and only then past it', () => {
    expect(labels('r-8f21c0')).toEqual([
      ['Promote to staging…', undefined],
      ['Deploy to prod…', undefined],
    ]);
  });

  test('back to where it ran before, which leads before a deploy past the others', () => {
    expect(labels('r-5c09e4')).toEqual([
      ['Roll back dev to this…', undefined],
      ['Roll back staging to this…', undefined],
    ]);
  });

  test('a promotion that is refused now says why, and no way around it takes its place', () => {
    const held = boardWithHold('staging');
    expect(labels('r-8f21c0', held)).toEqual([
      ['Promote to staging…', 'On hold'],
      ['Deploy to prod…', undefined],
    ]);
  });

  test('not at all where its image is gone', () => {
    const gone = rows.find(({ image }) => image.presence === 'gone') ?? fail();
    const ways = waysOf(gone, board, around);
    expect(ways.length).toBe(3);
    for (const { reason } of ways) expect(reason).toMatch(/gone/);
  });

  test('what stops everything is the reason everywhere', () => {
    const untrusted = { ...around, workspace: { ...data.workspace, trusted: false } };
    for (const [, reason] of labels('r-8f21c0', board, untrusted)) expect(reason).toMatch(/not trusted/);
  });
});

function boardWithHold(name: string) {
  return {
    ...board,
    environments: board.environments.map((each) =>
      each.name === name ? { ...each, hold: { reason: 'freeze', by: 'mo', at: 1 } } : each,
    ),
  };
}

describe('search', () => {
  const found = (needle: string) =>
    rows.filter((row) => matchesRelease(row, needle)).map(({ image }) => image.release.id);

  test.each([
    ['1.4.1', ['r-77ab10']],
    ['B90E4D2', ['r-77ab10']],
    ['candidate', ['r-77ab10']],
    ['eu.gcr.io', ['r-5c09e4']],
    ['pinned store', ['r-5c09e4']],
    ['staging', ['r-77ab10']],
    ['adopted', ['r-a90c11']],
    ['staging prod', []],
  ])('%s', (needle, expected) => {
    expect(found(needle)).toEqual(expected);
  });

  test('nothing typed finds all', () => expect(found('').length).toBe(rows.length));
});

describe('marks', () => {
  const [a, b, c] = ['r-8f21c0', 'r-77ab10', 'r-5c09e4'] as ReleaseId[] as [ReleaseId, ReleaseId, ReleaseId];

  test('a third takes the place of the oldest mark, and a second press takes one away', () => {
    expect(toggleMark([a, b], c)).toEqual([b, c]);
    expect(toggleMark([a, b], a)).toEqual([b]);
  });

  test('the older release stands on the left, however they were marked', () => {
    expect(inOrder([a, c], rows)).toEqual({ left: c, right: a });
    expect(inOrder([c, a], rows)).toEqual({ left: c, right: a });
    expect(inOrder([a], rows)).toBeUndefined();
  });
});

describe('words', () => {
  test('tests: cells and counts add up; one without counts is one test', () => {
    expect(testsWords(rowOf('r-8f21c0').release ?? fail())).toBe('413 tests passed, 2 skipped');
    expect(testsWords(rowOf('r-a90c11').release ?? fail())).toBe('none: built elsewhere');
    expect(testsWords({ tests: [] })).toBe('no tests');
  });

  test('only what needs a look has a state', () => {
    expect(presenceWords('here', 0)).toEqual({ state: undefined, word: 'On this engine' });
    expect(presenceWords('here', 2).word).toBe('Here and pushed');
    expect(presenceWords('gone', 0).state).toBe('empty');
    expect(presenceWords('unknown', 0).state).toBe('unreachable');
  });

  test('the size is that of all cells', () => {
    expect(sizeOf(rows.find(({ image }) => image.images.length === 2) ?? fail())).toBe(142.4e6);
  });

  test('names as people separate them, each once', () => {
    expect(namesIn(' latest, stable  latest,,')).toEqual(['latest', 'stable']);
    expect(namesIn('  ')).toEqual([]);
  });
});
