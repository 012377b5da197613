import { describe, expect, test } from 'vitest';
import { previousStay, type Stay, summarise } from '#main/core/releases.ts';
import { sampleImageId, sampleRelease, sampleStay } from './samples.ts';

/** `a+` went forward to release a, `a-` went back to it; oldest first. */
function history(...steps: readonly string[]): Stay[] {
  return steps
    .map((step, index) => sampleStay(step[0] ?? '', step[1] === '-' ? 'back' : 'forward', index + 1))
    .reverse();
}

describe('where a rollback goes', () => {
  const cases: readonly [name: string, steps: readonly string[], expected: string | undefined][] = [
    ['nothing ran before', [], undefined],
    ['only one release ever ran', ['a+'], undefined],
    ['to the release before', ['a+', 'b+'], 'a'],
    ['a second rollback goes further back, not forward again', ['a+', 'b+', 'c+', 'b-'], 'a'],
    ['at the bottom there is nothing left', ['a+', 'b+', 'a-'], undefined],
    ['a new release after a rollback goes back to what the rollback restored', ['a+', 'b+', 'a-', 'c+'], 'a'],
    ['deploying the same release again is not a step', ['a+', 'b+', 'b+'], 'a'],
    ['a rollback over two releases forgets both', ['a+', 'b+', 'c+', 'a-'], undefined],
  ];
  test.each(cases)('%s', (_name, steps, expected) => {
    const found = previousStay(history(...steps));
    expect(found?.release.slice(2, 3)).toBe(expected);
  });

  test('it names the env snapshot that release last ran with here', () => {
    const stays = history('a+', 'b+', 'b+');
    expect(previousStay(stays)?.runId).toBe(1);
  });
});

describe('a release in short', () => {
  const [one] = sampleRelease('a').images;
  const [two] = sampleRelease('b').images;
  const matrix = sampleRelease('a', {
    images: [
      { ...one, cell: 'X=1' },
      { ...two, cell: 'X=2' },
    ],
  });

  test('is about the image of the cell that an environment runs, and names it', () => {
    expect(summarise(matrix, 'X=2')).toMatchObject({ cell: 'X=2', imageId: sampleImageId('b') });
    expect(summarise(matrix)).toMatchObject({ cell: 'X=1', imageId: sampleImageId('a') });
  });

  test('names the cell whose image stands in for one that it lacks, and none where there is no matrix', () => {
    expect(summarise(matrix, 'X=3')).toMatchObject({ cell: 'X=1', imageId: sampleImageId('a') });
    expect(summarise(sampleRelease('a'))).not.toHaveProperty('cell');
  });
});
