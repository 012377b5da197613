import { describe, expect, test } from 'vitest';
import {
  byFolder,
  changeWords,
  filesGrowth,
  filesWords,
  originOf,
  packagesWords,
  unreadWords,
} from '#renderer/features/diff/contents-words.ts';
import { contentsKey, createContentsStore } from '#renderer/stores/contents-store.ts';
import type { FileChange, FileDiff } from '#shared/domain/image-files.ts';
import { contents } from '#test/fakes/renderer/releases.ts';

const none = {
  added: { files: 0, bytes: 0 },
  removed: { files: 0, bytes: 0 },
  changed: { files: 0, before: 0, after: 0 },
};
const file = (path: string, after = 1): FileChange => ({ kind: 'added', path, after, what: [] });

function diff(folders: readonly string[], list: readonly FileChange[]): FileDiff {
  return { ...none, folders: folders.map((folder) => ({ folder, ...none })), list: [...list] };
}

describe('files under the folders that count them', () => {
  const grouped = (folders: readonly string[], ...paths: readonly string[]) =>
    byFolder(
      diff(
        folders,
        paths.map((path) => file(path)),
      ),
    ).map(({ title, files }) => [title, files.map(({ path }) => path)]);

  test('the deepest folder that holds a file is its own', () => {
    expect(grouped(['/usr', '/usr/lib', '/app'], 'usr/lib/a.so', 'usr/x', 'app/b')).toEqual([
      ['/usr', ['usr/x']],
      ['/usr/lib', ['usr/lib/a.so']],
      ['/app', ['app/b']],
    ]);
  });

  test('a folder whose name begins alike is another', () => {
    expect(grouped(['/app', ''], 'apple/a')).toEqual([
      ['/app', []],
      ['elsewhere', ['apple/a']],
    ]);
  });

  test('the top itself', () => expect(grouped(['/'], 'entry.sh')).toEqual([['/', ['entry.sh']]]));

  test('largest first, by what it was or is', () => {
    const shrunk: FileChange = { kind: 'removed', path: 'app/was-large', before: 90, what: [] };
    const [folder] = byFolder(diff(['/app'], [file('app/small', 2), shrunk, file('app/middle', 50)]));
    expect(folder?.files.map(({ path }) => path)).toEqual(['app/was-large', 'app/middle', 'app/small']);
  });
});

describe('words', () => {
  test('only the kinds that there are', () => {
    expect(filesWords(none)).toBeUndefined();
    expect(filesWords({ ...none, removed: { files: 1_204, bytes: 1 } })).toBe('1,204 removed');
    expect(filesWords(contents.contents.files)).toBe('92 added, 5 removed, 203 changed');
    expect(
      filesGrowth({ ...none, removed: { files: 1, bytes: 10 }, changed: { files: 1, before: 5, after: 9 } }),
    ).toBe(-6);
  });

  test('packages', () => {
    expect(packagesWords({ added: 0, removed: 0, changed: 0, list: [] })).toBeUndefined();
    expect(packagesWords({ added: 0, removed: 0, changed: 1, list: [] })).toBe('1 package changed');
    expect(packagesWords({ added: 2, removed: 0, changed: 1, list: [] })).toBe('3 packages differ');
  });

  test('a file that only changed its rights says so, and not its size', () => {
    const change: FileChange = { kind: 'changed', path: 'a', before: 4, after: 4, what: ['mode', 'owner'] };
    expect(changeWords(change)).toBe('changed: mode, owner');
    expect(changeWords({ ...change, what: ['content'] })).toBe('changed: same size');
  });

  test('the base without the name of the usual registry; a first image has no before', () => {
    const { left: _, ...first } = contents.contents;
    expect(originOf(contents.contents)[1]).toEqual({
      label: 'Base',
      before: 'node:22-bookworm-slim sha256:ba5e01333333',
      after: 'node:22-bookworm-slim sha256:ba5e02333333',
    });
    expect(originOf(first)[0]).toMatchObject({ before: undefined, after: 'Debian GNU/Linux 12 (bookworm)' });
  });

  test('layers that were not read', () => {
    expect(unreadWords({ layersNotRead: 0 })).toBeUndefined();
    expect(unreadWords({ layersNotRead: 1 })).toMatch(/^1 shared layer was not read/);
  });
});

describe('what was compared is kept', () => {
  test('by the images themselves, the newest of a few', () => {
    const store = createContentsStore();
    for (let n = 0; n < 30; n += 1) store.getState().keep(contentsKey('a', `b${n}`), contents.contents);
    const { known } = store.getState();
    expect(known.size).toBe(24);
    expect(known.has(contentsKey('a', 'b29'))).toBe(true);
    expect(known.has(contentsKey('a', 'b5'))).toBe(false);
    expect(contentsKey(undefined, 'b')).not.toBe(contentsKey('b', 'b'));
  });
});
