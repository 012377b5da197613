import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nameCaches } from '#main/docker/control/local-cache.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-local-cache-'));
});

afterEach(() => rm(folder, { recursive: true }));

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
