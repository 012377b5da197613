import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLayerCache } from '#main/docker/contents/layer-cache.ts';
import { createFolderCache } from '#main/docker/folder-cache.ts';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'gantry-cache-')), 'made', 'later');
});
afterEach(() => rm(join(folder, '../..'), { recursive: true, force: true }));

const bytes = (text: string) => Buffer.from(text);
const hour = 60 * 60_000;

test('what was put is got, also by another process', async () => {
  await createFolderCache({ folder, maxBytes: 1_000 }).put('a', bytes('one'));
  const cache = createFolderCache({ folder, maxBytes: 1_000 });
  expect(await cache.get('a')).toEqual(bytes('one'));
  expect(await cache.get('b')).toBeUndefined();
  await cache.put('a', bytes('two'));
  expect(await cache.get('a')).toEqual(bytes('two'));
});

test('only the person may read it', async () => {
  await createFolderCache({ folder, maxBytes: 1_000 }).put('a', bytes('one'));
  expect((await stat(folder)).mode & 0o077).toBe(0);
  expect((await stat(join(folder, 'a'))).mode & 0o077).toBe(0);
});

test.each([
  ['changed', (old: Buffer) => Buffer.concat([old.subarray(0, -1), bytes('!')])],
  ['cut off', (old: Buffer) => old.subarray(0, -1)],
  ['emptied', () => Buffer.alloc(0)],
  ['lengthened', (old: Buffer) => Buffer.concat([old, bytes('!')])],
])('a file that was %s is not believed, and goes', async (_, damage) => {
  const cache = createFolderCache({ folder, maxBytes: 1_000 });
  await cache.put('a', bytes('something'));
  await writeFile(join(folder, 'a'), damage(await readFile(join(folder, 'a'))));
  expect(await cache.get('a')).toBeUndefined();
  expect(await readdir(folder)).toEqual([]);
});

test('what was not asked for longest goes first, when there is too much', async () => {
  let now = Date.now();
  const cache = createFolderCache({ folder, maxBytes: 350, now: () => now });
  for (const [at, name] of ['a', 'b', 'c'].entries()) {
    await cache.put(name, Buffer.alloc(100 - 32));
    const seconds = (now - (10 - at) * hour) / 1000;
    await utimes(join(folder, name), seconds, seconds);
  }
  await cache.trim();
  expect((await readdir(folder)).sort()).toEqual(['a', 'b', 'c']);
  await cache.get('a');
  now += 1;
  await cache.put('d', Buffer.alloc(100 - 32));
  await cache.trim();
  expect((await readdir(folder)).sort()).toEqual(['a', 'c', 'd']);
});

test('one that is larger than all may be does not stay', async () => {
  const cache = createFolderCache({ folder, maxBytes: 50 });
  await cache.put('huge', Buffer.alloc(100));
  await cache.trim();
  expect(await cache.get('huge')).toBeUndefined();
});

test('what a process left half-written goes after a while', async () => {
  await mkdir(folder, { recursive: true });
  const old = (Date.now() - 2 * hour) / 1000;
  for (const name of ['old.part', 'new.part']) await writeFile(join(folder, name), 'half');
  await utimes(join(folder, 'old.part'), old, old);
  await createFolderCache({ folder, maxBytes: 1_000 }).trim();
  expect(await readdir(folder)).toEqual(['new.part']);
});

test('a folder that cannot be written is as good as none', async () => {
  await mkdir(join(folder, '..'), { recursive: true });
  await writeFile(folder, 'a file in its place');
  const cache = createFolderCache({ folder, maxBytes: 1_000 });
  await cache.put('a', bytes('one'));
  await cache.trim();
  expect(await cache.get('a')).toBeUndefined();
});

test('many who write the same at once leave it whole', async () => {
  const caches = Array.from({ length: 20 }, () => createFolderCache({ folder, maxBytes: 10_000_000 }));
  const text = 'x'.repeat(100_000);
  await Promise.all(caches.map((cache, at) => cache.put('a', bytes(`${at} ${text}`))));
  expect((await caches[0]?.get('a'))?.length).toBeGreaterThan(100_000);
  expect(await readdir(folder)).toEqual(['a']);
});

test('a layer’s id that leads elsewhere is kept nowhere', async () => {
  const cache = createLayerCache(folder);
  const index = { files: new Map(), hidden: new Set<string>(), opaque: new Set<string>() };
  const good = `sha256:${'a'.repeat(64)}`;
  for (const id of ['../../evil', 'sha256:../evil', `${good}/../x`, '']) {
    await cache.put(id, index);
    expect(await cache.get(id)).toBeUndefined();
  }
  expect(await readdir(join(folder, '../..'))).toEqual([]);
  await cache.put(good, index);
  expect(await cache.get(good)).toEqual(index);
});

test('an index that is whole but none is read again', async () => {
  const id = `sha256:${'b'.repeat(64)}`;
  const index = { files: new Map(), hidden: new Set<string>(), opaque: new Set<string>() };
  await createLayerCache(folder).put(id, index);
  const [name = ''] = await readdir(folder);
  await createFolderCache({ folder, maxBytes: 1_000 }).put(name, bytes('something else'));
  expect(await createLayerCache(folder).get(id)).toBeUndefined();
});
