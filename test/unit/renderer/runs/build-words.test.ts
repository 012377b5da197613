import { describe, expect, test } from 'vitest';
import {
  amountOf,
  brokenWords,
  markOf,
  placeOfProblem,
  progressWords,
  sentFacts,
  shareOf,
  testWords,
} from '#renderer/features/runs/build-words.ts';
import type { Vertex } from '#shared/domain/step-events.ts';

const vertex = (more: Partial<Vertex> = {}): Vertex => ({
  id: 'a',
  name: 'RUN a',
  inputs: [],
  state: 'done',
  startedAt: 0,
  endedAt: 10,
  ...more,
});
const warning = { file: 'Dockerfile', line: 3, what: 'is odd', hint: 'mend it' };

describe('amounts', () => {
  const moved = (done: number, total?: number, state: Vertex['state'] = 'running') =>
    amountOf(vertex({ state, bytes: { done, ...(total === undefined ? {} : { total }) } }));

  test('a transfer says how far it is, and how much it was', () => {
    expect(moved(12_400_000, 45_100_000)).toBe('12.4 MB of 45.1 MB, 27%');
    expect(moved(3_100_000)).toBe('3.1 MB');
    expect(moved(45_100_000, 45_100_000, 'done')).toBe('45.1 MB');
  });
  test('how far it is, as long as it goes on and its end is known', () => {
    const share = (bytes: Vertex['bytes'], state: Vertex['state'] = 'running') =>
      shareOf(vertex({ state, ...(bytes === undefined ? {} : { bytes }) }));
    expect(share({ done: 1, total: 4 })).toBe(0.25);
    expect(share({ done: 9, total: 4 })).toBe(1);
    expect([share({ done: 1 }), share({ done: 1, total: 0 }), share(undefined)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(share({ done: 1, total: 4 }, 'done')).toBeUndefined();
  });
  test('more than was counted is no more than all, and nothing is not said', () => {
    expect(moved(11, 10)).toBe('11 B of 10 B, 100%');
    expect(moved(0, 0, 'done')).toBeUndefined();
  });
  test('without a transfer it is what the step wrote', () => {
    expect(amountOf(vertex({ log: { bytes: 21_400, isClipped: false } }))).toBe('wrote 21 kB');
    expect(amountOf(vertex({ log: { bytes: 0, isClipped: false } }))).toBeUndefined();
    expect(amountOf(vertex())).toBeUndefined();
  });
});

test('what asks for a look', () => {
  const clipped = vertex({ id: 'c', log: { bytes: 9, isClipped: true } });
  const warned = vertex({ id: 'w', warnings: [warning, warning] });
  const both = vertex({ id: 'b', log: { bytes: 9, isClipped: true }, warnings: [warning] });
  expect([clipped, warned, both, vertex()].map(markOf)).toEqual([
    'clipped',
    '2 warnings',
    'clipped, 1 warning',
    undefined,
  ]);
});

test('how far the build is, in steps of the Dockerfile', () => {
  const step = (id: string, state: Vertex['state']) => ({
    ...vertex({ id, name: `[a ${id}] RUN ${id}`, state }),
    step: 'build',
  });
  const loading = { ...step('l', 'done'), name: '[internal] load build context' };
  const vertices = [loading, step('1/3', 'cached'), step('2/3', 'done'), step('3/3', 'running')];
  expect(progressWords(vertices, true)).toBe('2 of 3 steps, 1 cached');
  expect(progressWords(vertices, false)).toBe('2 steps, 1 cached');
  expect(progressWords([step('1/1', 'done')], false)).toBe('1 step');
});

describe('what broke the cache', () => {
  const words = (files: readonly string[], fileCount?: number) =>
    brokenWords({
      step: { ...vertex({ name: '[build 1/2] COPY . .' }), step: 'build' },
      files,
      ...(fileCount === undefined ? {} : { fileCount }),
    });
  test('where, and the files because of which', () => {
    expect(words(['a.ts'], 1)).toEqual({
      where: 'COPY . .',
      stage: 'build',
      why: 'a.ts changed',
      names: ['a.ts'],
      more: 0,
    });
    expect(words(['a.ts', 'b.ts'], 2).why).toBe('a.ts and 1 more changed');
    expect(words(['a.ts', 'b.ts'], 7)).toMatchObject({ why: 'a.ts and 6 more changed', more: 5 });
  });
  test('what is not known of the files is not said', () => {
    expect(words(['a.ts']).why).toBe('a.ts and perhaps others changed');
    expect(words([]).why).toBe('Files that it reads changed');
    expect(words([], 0).why).toBe('No file that it reads changed: the instruction did, or what it builds on');
    expect(words([], 7)).toMatchObject({ why: 'Files that it reads changed', more: 7 });
  });
});

test.each([
  [{ total: 416, failed: 0, skipped: 2 }, '414 passed, 2 skipped'],
  [{ total: 416, failed: 3, skipped: 2 }, '3 of 416 failed, 2 skipped'],
  [{ total: 1, failed: 0, skipped: 0 }, '1 passed'],
  [{ total: 4, failed: 0, skipped: 4 }, 'all 4 skipped'],
  [{ total: 0, failed: 0, skipped: 0 }, 'no tests'],
])('%j is %s', (counts, words) => expect(testWords(counts)).toBe(words));

test('a place has as much as is known of it', () => {
  expect(placeOfProblem({ file: 'Dockerfile' })).toBe('Dockerfile');
  expect(placeOfProblem({ file: 'Dockerfile', line: 12 })).toBe('Dockerfile:12');
  expect(placeOfProblem({ file: 'Dockerfile', line: 12, column: 3 })).toBe('Dockerfile:12:3');
  expect(placeOfProblem({ file: 'Dockerfile', column: 3 })).toBe('Dockerfile');
});

describe('what was sent', () => {
  const sent = (files: number, bytes: number, names: string[], isFirst = false) => ({
    step: 'build',
    files,
    bytes,
    names,
    isFirst,
  });
  test('folders are told together, with the names that are known', () => {
    expect(sentFacts([sent(3, 12_000, ['b', 'a']), sent(1, 400, ['Dockerfile'])])).toEqual({
      text: 'Sent 4 files, 12 kB',
      names: ['Dockerfile', 'a', 'b'],
      more: 1,
    });
  });
  test('nothing, for the first time, not known', () => {
    expect(sentFacts([sent(0, 0, [])])?.text).toBe('Sent no file: the engine had them all');
    expect(sentFacts([sent(2, 4, ['a', 'b'], true), sent(0, 0, [])])?.text).toBe(
      'Sent 2 files, 4 B, for the first time',
    );
    expect(sentFacts([])).toBeUndefined();
  });
});
