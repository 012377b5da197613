import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BuildRequest } from '#main/core/ports.ts';
import { nameCaches, openCaches } from '#main/docker/control/local-cache.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-local-cache-'));
});

afterEach(() => rm(folder, { recursive: true }));

const asked: BuildRequest = {
  contextFolder: '/work/app',
  dockerfile: 'Dockerfile',
  images: [{ tag: 'shop:1', args: {} }],
  atOnce: 1,
  labels: {},
  contexts: {},
  platforms: [],
  cacheFrom: [],
  cacheTo: [],
  noCache: false,
  pull: 'missing',
  network: 'default',
  extraHosts: {},
  provenance: 'off',
  sbom: false,
  secrets: {},
  ssh: [],
  signal: new AbortController().signal,
};

const manifest = (letter: string) => JSON.stringify({ digest: `sha256:${letter.repeat(64)}` });

test('cells that end at the same moment each name the cache, and the index stays whole', async () => {
  const exports = [{ type: 'local', attributes: { dest: folder } }];
  const letters = [...'abcdef'];
  await Promise.all(letters.map((letter) => nameCaches(exports, manifest(letter))));

  const index: unknown = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'));
  expect(index).toEqual({
    schemaVersion: 2,
    manifests: [
      {
        digest: expect.stringMatching(/^sha256:[a-f]{64}$/),
        annotations: { 'org.opencontainers.image.ref.name': 'latest' },
      },
    ],
  });
  expect((await readdir(folder)).sort()).toEqual(['index.json', 'oci-layout']);
});

test('the cells of a matrix each have a cache of their own in one folder, also when they end together', async () => {
  const cells = ['PY=3.10', 'PY=3.11', 'PY=3.12'];
  const [first, ...others] = cells.map((cell) => ({ cell, args: {}, tag: 'shop:1' }));
  if (first === undefined) throw new Error('no cells');
  const place = (key: string) => `type=local,${key}=${folder}`;
  const request = {
    ...asked,
    images: [first, ...others] as const,
    cacheFrom: [place('src'), 'type=registry,ref=reg:5000/shop', 'other:1'],
    cacheTo: [place('dest'), 'type=registry,ref=reg:5000/shop,mode=max', 'type=inline'],
  };
  const before = await openCaches(request);
  expect(before.notes).toEqual([`note: there is no build cache in ${folder} yet`]);
  await Promise.all(cells.map((cell, index) => before.name(cell, manifest('abc'[index] ?? ''))));

  const after = await openCaches(request);
  for (const [index, cell] of cells.entries()) {
    const { imports, exports } = after.of(cell);
    const own = `reg:5000/shop:latest-${cell.replace('=', '').toLowerCase()}`;
    expect(imports[0]?.attributes.digest).toBe(`sha256:${'abc'[index]?.repeat(64)}`);
    expect(imports.slice(1).map(({ attributes }) => attributes.ref)).toEqual([own, 'other:1']);
    expect(exports[1]?.attributes).toEqual({ ref: own, mode: 'max' });
    expect(exports[2]).toEqual({ type: 'inline', attributes: {} });
  }
});

test('a cell that has written none begins with what was written without a matrix', async () => {
  await nameCaches([{ type: 'local', attributes: { dest: folder } }], manifest('a'));
  const caches = await openCaches({
    ...asked,
    images: [{ cell: 'PY=3.10', args: {}, tag: 'shop:1' }],
    cacheFrom: [`type=local,src=${folder}`],
    cacheTo: [`type=local,dest=${folder}`],
  });
  expect(caches.of('PY=3.10').imports[0]?.attributes.digest).toBe(`sha256:${'a'.repeat(64)}`);
});
