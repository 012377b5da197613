import { createHash } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createLayerBytes, type ReadLayer } from '#main/docker/contents/layer-bytes.ts';
import { piecesOf, tarOf } from './archive.ts';

const layer = tarOf([
  { name: 'app/', type: '5' },
  { name: 'app/text', content: 'line of text\n'.repeat(30_000) },
  { name: 'app/small', content: 'x' },
]);
const diffId = `sha256:${createHash('sha256').update(layer).digest('hex')}`;

async function read(bytes: Buffer, size: number): Promise<ReadLayer | undefined> {
  const stage = createLayerBytes({ wantsDiffId: true });
  try {
    for (const piece of piecesOf(bytes, size)) await stage.write(piece);
    return await stage.end();
  } finally {
    stage.drop();
  }
}

/** Frames of their own for so many bytes each. */
const framed = (size: number, options = {}) =>
  Buffer.concat([...piecesOf(layer, size)].map((piece) => zstdCompressSync(piece, options)));
const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 0x28, 0xb5, 0x2f, 0xfd, 1]);

describe('a layer is the same', () => {
  const forms: readonly (readonly [string, Buffer])[] = [
    ['plain', layer],
    ['with gzip', gzipSync(layer)],
    ['with gzip in parts', Buffer.concat([...piecesOf(layer, 7_000)].map((piece) => gzipSync(piece)))],
    ['with zstd', zstdCompressSync(layer)],
    ['with zstd and a checksum', zstdCompressSync(layer, checked)],
    ['with zstd in many frames', framed(9_000, checked)],
    ['with zstd and frames to be skipped', Buffer.concat([skippable, framed(100_000), skippable])],
    [
      'with zstd that stores what it cannot compress',
      zstdCompressSync(layer, { params: { [constants.ZSTD_c_compressionLevel]: -5 } }),
    ],
  ];
  const sizes = [1_000_000, 4_096, 511, 7];
  test.each(forms.flatMap(([name, bytes]) => sizes.map((size) => [name, size, bytes] as const)))(
    '%s, in pieces of %i bytes',
    async (_, size, bytes) => {
      const found = await read(bytes, size);
      expect(found?.diffId).toBe(diffId);
      expect([...(found?.index.files.keys() ?? [])]).toEqual(['app', 'app/text', 'app/small']);
    },
  );
});

test('an empty layer', async () => {
  expect((await read(Buffer.alloc(1024), 1024))?.index.files.size).toBe(0);
  expect((await read(gzipSync(Buffer.alloc(1024)), 10))?.index.files.size).toBe(0);
});

test.each([
  ['JSON', Buffer.from('{"layers":[]}')],
  ['a long text', Buffer.from('x'.repeat(2_000))],
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('a')],
])('%s is no layer', async (_, bytes) => {
  expect(await read(bytes, 100)).toBeUndefined();
});

describe('a damaged layer is refused', () => {
  const gzip = gzipSync(layer);
  const zstd = zstdCompressSync(layer, checked);
  const flipped = (bytes: Buffer, at: number) => {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    return damaged;
  };
  test.each([
    ['plain, cut off', layer.subarray(0, 2_000)],
    ['plain, changed', flipped(layer, 512 + 5)],
    ['gzip, cut off', gzip.subarray(0, gzip.length - 20)],
    ['gzip, changed', flipped(gzip, 40)],
    ['gzip of half an archive', gzipSync(layer.subarray(0, 3_000))],
    ['gzip of something else', gzipSync(Buffer.from('x'.repeat(600)))],
    ['zstd, cut off', zstd.subarray(0, zstd.length - 3)],
    ['zstd, its checksum changed', flipped(zstd, zstd.length - 1)],
    ['zstd and something else', Buffer.concat([zstd, Buffer.from('more')])],
  ])('%s', async (_, bytes) => {
    await expect(read(bytes, 1_000)).rejects.toThrow();
    await expect(read(bytes, 1_000_000)).rejects.toThrow();
  });
});

test('a bomb is read through without being held', async () => {
  // 400 MB that travel as 400 kB.
  const bomb = gzipSync(
    Buffer.concat([tarOf([{ name: 'zeros', size: 400_000_000 }], 0), Buffer.alloc(400_000_512)]),
  );
  const before = process.memoryUsage().rss;
  const found = await read(bomb, 65_536);
  expect(found?.index.files.get('zeros')?.size).toBe(400_000_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
});

test('dropped in the middle, it lets nobody wait', async () => {
  const noise = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * at * 31) % 251));
  const bytes = gzipSync(tarOf([{ name: 'noise', content: noise }]), { level: 1 });
  for (const form of [bytes, zstdCompressSync(tarOf([{ name: 'noise', content: noise }]))]) {
    const stage = createLayerBytes({ wantsDiffId: false });
    const waiting = Promise.resolve(stage.write(form));
    const settled = waiting.then(
      () => 'room',
      () => 'dropped',
    );
    stage.drop();
    expect(['room', 'dropped']).toContain(await settled);
  }
});
