import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFolderCache, type FolderCache } from '#main/docker/folder-cache.ts';
import type { Entry } from '#main/docker/session/context-entry.ts';
import type { Selection } from '#main/docker/session/context-walk.ts';
import { digestOf } from '#main/docker/session/entries-digest.ts';
import { type GivenFiles, givenName, recallGiven } from '#main/docker/session/given-files.ts';
import { createContextSource } from '#main/docker/session/warm-context.ts';

let place: string;
let root: string;
let cache: FolderCache;
const asking = { mayKeep: true, onNote: () => {} };
const excluded: Selection = { excludePatterns: ['*.log'] };
const dockerfile: Selection = { followPaths: ['Dockerfile'] };

beforeEach(async () => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'gantry-given-')));
  root = join(place, 'context');
  cache = createFolderCache({ folder: join(place, 'cache'), maxBytes: 1_000_000 });
  put('Dockerfile', 'FROM a');
  put('a/f', 'bytes');
  put('b', 'more');
  put('noise.log', '');
  symlinkSync('b', join(root, 'link'));
  // What has just been written is looked at again until it is old enough.
  await pause(25);
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

function put(name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}

const recall = (from: FolderCache = cache): Promise<GivenFiles> =>
  recallGiven(createContextSource({ now: Date.now }), { cache: from, name: 'it' }, asking);

/** As the engine asks for them. */
async function give(files: GivenFiles): Promise<GivenFiles> {
  await files.entries('dockerfile', root, dockerfile, { ...asking, mayKeep: false });
  await files.entries('context', root, excluded, asking);
  await files.keep();
  return files;
}

describe('the id of a session', () => {
  test('is that of the one before while all it gave is as it was', async () => {
    const first = await give(await recall());
    const second = await recall();
    expect(second.sessionId).toBe(first.sessionId);
    expect(first.earlier).toBeUndefined();
    expect(await second.earlier?.isKnown()).toBe(true);
    expect(second.unasked().map(({ name }) => name)).toEqual(['dockerfile', 'context']);
  });

  const sameTimes = (name: string, change: () => void) => () => {
    const { atime, mtime } = lstatSync(join(root, name));
    change();
    utimesSync(join(root, name), atime, mtime);
  };
  test.each<[string, () => void]>([
    ['other bytes', () => put('a/f', 'other bytes')],
    ['as many other bytes of the same time', sameTimes('a/f', () => put('a/f', 'BYTES'))],
    [
      'another file of the same size and time',
      () => {
        const { atime, mtime } = lstatSync(join(root, 'a/f'));
        put('new', 'BYTES');
        utimesSync(join(root, 'new'), atime, mtime);
        renameSync(join(root, 'new'), join(root, 'a/f'));
      },
    ],
    ['a mode', () => chmodSync(join(root, 'b'), 0o700)],
    ['the mode of a folder', () => chmodSync(join(root, 'a'), 0o700)],
    ['a new file', () => put('a/new', '')],
    ['a new folder', () => mkdirSync(join(root, 'empty'))],
    ['a file that is gone', () => rmSync(join(root, 'a/f'))],
    ['a file of another name', () => renameSync(join(root, 'b'), join(root, 'c'))],
    ['a second name of a file', () => linkSync(join(root, 'b'), join(root, 'c'))],
    [
      'where a link points',
      () => {
        rmSync(join(root, 'link'));
        symlinkSync('a', join(root, 'link'));
      },
    ],
    ['the Dockerfile', () => put('Dockerfile', 'FROM b')],
    ['a folder that cannot be asked for any more', () => rmSync(root, { recursive: true })],
  ])('is new after %s', async (_what, change) => {
    const { sessionId } = await give(await recall());
    change();
    expect((await recall()).sessionId).not.toBe(sessionId);
  });

  test('is kept when only what is not sent has changed', async () => {
    const { sessionId } = await give(await recall());
    put('noise.log', 'written to');
    put('a/other.log', 'comes');
    await pause(25);
    rmSync(join(root, 'a/other.log'));
    expect((await recall()).sessionId).toBe(sessionId);
  });

  test('is new where nothing is written down, or what is cannot be read', async () => {
    const { sessionId } = await give(await recall());
    await cache.put('it', Buffer.from('{"sessionId":"x"}'));
    expect((await recall()).earlier).toBeUndefined();
    await cache.remove('it');
    expect((await recall()).earlier).toBeUndefined();
    const without = await recallGiven(createContextSource({ now: Date.now }), undefined, asking);
    expect((await give(without)).sessionId).not.toBe(sessionId);
    expect(readdirSync(join(place, 'cache'))).toEqual([]);
  });
});

describe('what the engine has under an id', () => {
  test('is written down when it has all of it, and not before', async () => {
    const { sessionId } = await give(await recall());
    put('b', 'changed');
    const files = await recall();
    await files.entries('dockerfile', root, dockerfile, asking);
    // What is written is of another id, of which it is still all.
    expect((await recall()).sessionId).not.toBe(files.sessionId);
    await files.entries('context', root, excluded, asking);
    await files.keep();
    await pause(25);
    const known = await recall();
    expect(known.sessionId).toBe(files.sessionId);
    expect(known.sessionId).not.toBe(sessionId);
    expect(known.unasked()).toHaveLength(2);
  });

  test('is forgotten when it asks for more after that', async () => {
    const files = await give(await recall());
    await files.entries('context', root, {}, asking);
    expect((await recall()).earlier).toBeUndefined();
  });

  test('is forgotten then, however long the disk takes to write it', async () => {
    const slow: FolderCache['put'] = async (name, bytes) => {
      await pause(20);
      await cache.put(name, bytes);
    };
    const files = await recall({ ...cache, put: slow });
    await files.entries('context', root, excluded, asking);
    const kept = files.keep();
    await files.entries('context', root, {}, asking);
    await kept;
    expect((await recall()).earlier).toBeUndefined();
  });

  test('is forgotten before it gets anything else', async () => {
    const { sessionId } = await give(await recall());
    const second = await recall();
    await second.entries('context', root, {}, asking);
    expect(await second.earlier?.isKnown()).toBe(false);
    expect((await recall()).sessionId).not.toBe(sessionId);
  });

  test('may be asked for again, when the engine has thrown it away', async () => {
    const { sessionId } = await give(await recall());
    const second = await give(await recall());
    expect(second.unasked()).toEqual([]);
    expect((await recall()).sessionId).toBe(sessionId);
  });

  test('is not known when another process has given it more meanwhile', async () => {
    const { sessionId } = await give(await recall());
    const [one, other] = [await recall(), await recall()];
    await give(other.earlier?.anew() ?? other);
    expect(await one.earlier?.isKnown()).toBe(false);
    expect((await recall()).sessionId).not.toBe(sessionId);
  });

  test('is not written down for file systems that keep no times', async () => {
    const files = await recall();
    // In /proc.
    await files.entries('context', '/proc/sys/kernel/random', {}, asking);
    await give(files);
    expect((await recall()).earlier).toBeUndefined();
  });
});

describe('a digest', () => {
  const entry = (changes: Partial<Entry>): Entry => ({
    path: 'a',
    kind: 'file',
    mode: 0o644,
    size: 1n,
    modifiedAt: 1n,
    changedAt: 1n,
    identity: '1:1',
    names: 1n,
    ...changes,
  });

  test('is another for every part of an entry, and for where one ends', () => {
    const lists: Entry[][] = [
      [],
      [entry({})],
      [entry({ path: 'b' })],
      [entry({ path: '\udcff' })],
      [entry({ path: '\udcfe' })],
      [entry({ mode: 0o600 })],
      [entry({ size: 2n })],
      [entry({ modifiedAt: -1n })],
      [entry({ changedAt: 2n })],
      [entry({ identity: '1:2' })],
      [entry({ kind: 'symlink', link: '' })],
      [entry({ kind: 'symlink', link: 'b' })],
      [entry({ kind: 'other', device: { major: 1, minor: 2 } })],
      [entry({}), entry({})],
      [entry({ path: 'x'.repeat(200_000) })],
      [entry({ path: 'x'.repeat(200_000) }), entry({})],
    ];
    expect(new Set(lists.map(digestOf)).size).toBe(lists.length);
  });

  test('there is none for several file systems', () => {
    expect(digestOf([entry({}), entry({ path: 'b', identity: '2:1' })])).toBeUndefined();
  });
});

test('a name is that of what is built, and for this start of the machine', () => {
  expect(givenName(['a', undefined])).toBe(givenName(['a', undefined]));
  expect(givenName(['a', 'b'])).not.toBe(givenName(['a', undefined]));
  expect(givenName(['a'])).toMatch(/^[0-9a-f]{64}\.json$/);
});
