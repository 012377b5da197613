import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createLayersInArchive } from '#main/docker/contents/saved-images.ts';
import { piecesOf, tarOf, type Written } from './archive.ts';

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const layerOf = (name: string) => tarOf([{ name, content: name.repeat(500) }]);
const layers = { one: layerOf('one'), two: layerOf('two'), three: layerOf('three') };
const idOf = (name: keyof typeof layers) => `sha256:${sha(layers[name])}`;

type Wish = { readonly wanted: readonly string[]; readonly known?: readonly string[] };

/** The files of each layer that was found, and how many bytes were needed for it. */
async function read(archive: Buffer, { wanted, known = [] }: Wish, size = 5_000) {
  const found = new Map<string, string>();
  const reader = createLayersInArchive({
    wanted: new Set(wanted),
    known: new Set(known),
    onLayer: (id, { files }) => void found.set(id, [...files.keys()].join()),
  });
  let taken = 0;
  try {
    for (const piece of piecesOf(archive, size)) {
      if (reader.isDone()) break;
      taken += piece.length;
      await reader.write(piece);
    }
    if (!reader.isDone()) await reader.end();
    return { found, taken };
  } finally {
    reader.drop();
  }
}

const json = (value: unknown) => JSON.stringify(value);
const blob = (bytes: Buffer | string): Written => ({
  name: `blobs/sha256/${sha(Buffer.from(bytes))}`,
  content: bytes,
});
const all = { wanted: [idOf('one'), idOf('two')] };
const both = new Map([
  [idOf('one'), 'one'],
  [idOf('two'), 'two'],
]);

describe('what docker save writes', () => {
  const config = json({ rootfs: { diff_ids: [] }, filler: 'x'.repeat(3_000) });
  const archives: readonly (readonly [string, Buffer])[] = [
    [
      'since Docker 25: plain blobs by their diff ids, the manifest at the end',
      tarOf([
        { name: 'blobs/', type: '5' },
        blob(config),
        blob(layers.one),
        blob(layers.two),
        { name: 'index.json', content: json({ manifests: [] }) },
        { name: 'manifest.json', content: json([{ Layers: [] }]) },
      ]),
    ],
    [
      'with the containerd store: compressed blobs by other digests',
      tarOf([
        blob(gzipSync(layers.two)),
        blob(config),
        blob(gzipSync(layers.one)),
        blob(json({ attestation: 1 })),
      ]),
    ],
    [
      'before: a folder for each layer, and links where one stands again',
      tarOf([
        { name: `${'a'.repeat(64)}/VERSION`, content: '1.0' },
        { name: `${'a'.repeat(64)}/json`, content: '{}' },
        { name: `${'a'.repeat(64)}/layer.tar`, content: layers.one },
        { name: `${'b'.repeat(64)}/layer.tar`, type: '2', link: `../${'a'.repeat(64)}/layer.tar` },
        { name: `${'c'.repeat(64)}/layer.tar`, content: layers.two },
        { name: 'manifest.json', content: json([{}]) },
      ]),
    ],
    [
      'by Podman: archives by their diff ids beside each other',
      tarOf([
        { name: `${sha(layers.one)}.tar`, content: layers.one },
        { name: `${sha(layers.two)}.tar`, content: layers.two },
        { name: 'repositories', content: '{}' },
      ]),
    ],
  ];
  test.each(archives)('%s', async (_, archive) => {
    for (const size of [archive.length, 5_000, 100])
      expect((await read(archive, all, size)).found).toEqual(both);
  });
});

test('a large layer whose end comes together with what was before it', { timeout: 5_000 }, async () => {
  const noise = Buffer.from(
    Array.from({ length: 300_000 }, (_, at) => Math.imul(at, at * 2_654_435_761) >>> 24),
  );
  const large = tarOf([{ name: 'noise', content: noise }]);
  const archive = tarOf([blob(gzipSync(large)), blob(gzipSync(layers.one))]);
  const wanted = [idOf('one'), `sha256:${sha(large)}`];
  for (const size of [archive.length, 200_000, 60_000]) {
    expect((await read(archive, { wanted }, size)).found.size).toBe(2);
  }
});

test('it is read only as far as needed', async () => {
  const archive = tarOf([blob(layers.one), blob(layers.two), blob(layers.three)]);
  const { found, taken } = await read(archive, { wanted: [idOf('one')] }, 512);
  expect([...found.values()]).toEqual(['one']);
  expect(taken).toBeLessThanOrEqual(512 + layers.one.length + 512);
});

test('a layer that is known is not looked at', async () => {
  const broken = { ...blob(layers.three), content: gzipSync(layers.three).subarray(0, 40) };
  const archive = tarOf([broken, blob(layers.one)]);
  const unknown = { wanted: [idOf('one'), idOf('two')] };
  // Whatever cannot be read might have been the layer that is missing; what is known cannot.
  const lacking = await read(archive, unknown).catch((error: unknown) => error);
  expect(lacking).toMatchObject({ cause: { message: 'unexpected end of file' } });
  const known = await read(archive, { ...unknown, known: [idOf('three')] }).catch((error: unknown) => error);
  expect(known).not.toHaveProperty('cause');
});

test('something else that only looks like a layer is no matter', async () => {
  const odd = gzipSync(Buffer.from('no archive'.repeat(100)));
  const cut = gzipSync(layers.three).subarray(0, 300);
  const archive = tarOf([
    blob(odd),
    blob(cut),
    blob(layers.three.subarray(0, 1_000)),
    blob(gzipSync(layers.one)),
  ]);
  expect([...(await read(archive, { wanted: [idOf('one')] })).found.values()]).toEqual(['one']);
});

describe('it is refused when', () => {
  test('a wanted layer is not in it', async () => {
    await expect(read(tarOf([blob(layers.one)]), all)).rejects.toThrow(
      `did not send the layer ${idOf('two')}`,
    );
  });
  test('a wanted layer is damaged', async () => {
    const broken = { ...blob(layers.one), content: layers.one.subarray(0, 1_000) };
    await expect(read(tarOf([broken]), { wanted: [idOf('one')] })).rejects.toThrow(
      'in the middle of an entry',
    );
  });
  test('it ends in the middle', async () => {
    const archive = tarOf([blob(layers.one), blob(layers.two)]);
    await expect(read(archive.subarray(0, layers.one.length + 1_500), all)).rejects.toThrow(
      'in the middle of an entry',
    );
  });
  test('it is no archive at all', async () => {
    await expect(read(Buffer.from('x'.repeat(2_000)), all)).rejects.toThrow('damaged');
  });
});

test('a layer does not pass for another by its name alone', async () => {
  // Named like a layer that is not wanted here, and so hashed.
  const disguised = { name: `blobs/sha256/${'0'.repeat(64)}`, content: gzipSync(layers.one) };
  const { found } = await read(tarOf([disguised]), { wanted: [idOf('one')] });
  expect([...found.keys()]).toEqual([idOf('one')]);
});
