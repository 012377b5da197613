import { describe, expect, test } from 'vitest';
import {
  commitsDirection,
  commitsHead,
  envHead,
  envRows,
  imageHead,
  sameConfig,
  sentence,
  targetHead,
} from '#renderer/features/diff/diff-words.ts';
import type { ImageDiff } from '#shared/domain/image-diff.ts';
import type { CommitDiff } from '#shared/domain/plan.ts';

const view = (key: string, fingerprint = '1') => ({ key, fingerprint });

describe('env keys', () => {
  test('what needs a person comes first, then by name; what is the same stands apart', () => {
    const rows = envRows(
      [
        { key: 'B', kind: 'changed', left: view('B'), right: view('B', '2') },
        { key: 'A', kind: 'same', left: view('A'), right: view('A') },
        { key: 'D', kind: 'removed', left: view('D') },
        { key: 'C', kind: 'added', right: view('C') },
      ],
      [
        { key: 'Z', kind: 'missing', left: view('Z') },
        { key: 'B', kind: 'same', left: view('B', '2'), right: view('B', '2') },
      ],
    );
    expect(rows.differing.map(({ key, kind }) => `${key} ${kind}`)).toEqual([
      'Z missing',
      'C added',
      'B changed',
      'D removed',
    ]);
    expect(rows.same.map(({ key }) => key)).toEqual(['A']);
    expect(rows.differing[2]?.from).toEqual(view('B', '2'));
    expect(envHead(rows)).toBe('4 differ');
  });

  test('a key that goes and that the environment before has is missing, not removed', () => {
    const { differing } = envRows(
      [{ key: 'K', kind: 'removed', left: view('K') }],
      [{ key: 'K', kind: 'missing', left: view('K', '9') }],
    );
    expect(differing).toEqual([{ key: 'K', kind: 'missing', from: view('K', '9'), left: view('K') }]);
  });

  test('the head of no keys and of no change', () => {
    expect(envHead(envRows([]))).toBe('none');
    expect(envHead(envRows([{ key: 'A', kind: 'same', left: view('A'), right: view('A') }]))).toBe(
      'no change',
    );
  });
});

describe('the other parts', () => {
  const known = (direction: 'same' | 'forward' | 'backward' | 'diverged'): CommitDiff => ({
    kind: 'known',
    direction,
    commits: [
      { sha: 'a', subject: 's', author: 'jl', at: 1 },
      { sha: 'b', subject: 's', author: 'jl', at: 1 },
    ],
    filesChanged: 3,
    insertions: 4,
    deletions: 5,
  });
  const image: ImageDiff = {
    same: false,
    leftId: 'x',
    rightId: 'y',
    leftSize: 71.5e6,
    rightSize: 72.2e6,
    layersShared: 8,
    layersNew: 3,
    layersGone: 2,
    config: [{ path: 'user', before: '0', after: '10001' }],
  };

  test('commits', () => {
    expect(commitsHead(known('forward'))).toEqual({ count: '2', end: '1 author, 3 files' });
    expect(commitsHead(known('same'))).toEqual({ count: 'none' });
    expect(commitsDirection(known('forward'), 'dev', 'prod')).toBeUndefined();
    expect(commitsDirection(known('backward'), 'dev', 'prod')).toBe(
      'prod is behind: it does not have these of dev.',
    );
    expect(sentence('nothing ran here before')).toBe('Nothing ran here before.');
  });

  test('image', () => {
    expect(imageHead(image)).toEqual({ count: '+0.7 MB', end: '3 of 11 layers new' });
    expect(imageHead({ ...image, same: true })).toEqual({ count: 'same image' });
    expect(sameConfig(image)).toBe(
      'Entrypoint, command, working folder, ports, env keys and labels are the same.',
    );
    const { leftId: _, leftSize: __, ...first } = image;
    expect(sameConfig(first)).toBeUndefined();
  });

  test('target', () => {
    expect(targetHead([])).toBe('no change');
    expect(targetHead([{ path: 'web.image', before: 'a', after: 'b' }])).toBe('image');
    expect(targetHead([{ path: 'web.image' }, { path: 'web.memory' }])).toBe('image and 1 setting');
    expect(targetHead([{ path: 'web.imagePolicy' }, { path: 'x' }])).toBe('2 settings');
  });
});
