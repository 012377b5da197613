import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readArchive } from '#main/docker/carry/archive.ts';
import { createTarReader } from '#main/docker/contents/tar-reader.ts';
import { piecesOf, tarOf, type Written } from './contents/archive.ts';

const hex = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const blob = (content: string | Buffer): Written => ({ name: `blobs/sha256/${hex(content)}`, content });
const config = JSON.stringify({ rootfs: { diff_ids: [] } });
const manifest = JSON.stringify({ config: {} });
const base = tarOf([{ name: 'base', content: 'b'.repeat(3_000) }]);
const top = tarOf([{ name: 'top', content: 't'.repeat(700) }]);
const docs: Written[] = [
  { name: 'index.json', content: JSON.stringify({ manifests: [{ digest: `sha256:${hex(manifest)}` }] }) },
  { name: 'manifest.json', content: JSON.stringify([{ Config: `blobs/sha256/${hex(config)}`, Layers: [] }]) },
];
const image: Written[] = [
  { name: 'blobs/', type: '5' },
  blob(config),
  blob(manifest),
  { ...blob(base), pax: { mtime: '1.5' } },
  blob(top),
  ...docs,
];

function carry(archive: Buffer, options: { pieces?: number; without?: string } = {}) {
  let layers = 0;
  const without = new Set(options.without === undefined ? [] : [options.without]);
  const reader = readArchive({ without, onLayer: () => (layers += 1) });
  const pieces = [...piecesOf(archive, options.pieces ?? archive.length)];
  const passed = pieces.flatMap((bytes) => reader.pass(bytes).map((part) => Buffer.from(part)));
  return { bytes: Buffer.concat(passed), end: () => reader.end(), layers: () => layers };
}

function namesIn(archive: Buffer): string[] {
  const names: string[] = [];
  const reader = createTarReader(({ path }) => {
    names.push(path);
    return undefined;
  });
  reader.write(archive);
  reader.end();
  return names;
}

describe('an archive on its way to another engine', () => {
  it.each([1, 7, 511, 512, 513, 4_096])('passes byte for byte in pieces of %i, and is read', (pieces) => {
    const archive = tarOf(image);
    const carried = carry(archive, { pieces });
    expect(carried.bytes.equals(archive)).toBe(true);
    expect(carried.end()).toEqual({
      roots: [`sha256:${hex(manifest)}`],
      configDigest: `sha256:${hex(config)}`,
    });
    expect(carried.layers()).toBe(2);
  });

  it.each([1, 600, 100_000])(
    'leaves out the layers that are there, headers and all: pieces of %i',
    (pieces) => {
      const carried = carry(tarOf(image), { pieces, without: `sha256:${hex(base)}` });
      const rest = tarOf(image.filter(({ name }) => name !== `blobs/sha256/${hex(base)}`));
      expect(carried.bytes.equals(rest)).toBe(true);
      expect(namesIn(carried.bytes)).not.toContain(`blobs/sha256/${hex(base)}`);
      expect(carried.layers()).toBe(1);
      expect(carried.end().configDigest).toBe(`sha256:${hex(config)}`);
    },
  );

  it('of an engine before Docker 25 tells the config by its file', () => {
    const old: Written[] = [
      { name: `${hex(config)}.json`, content: config },
      { name: 'aa/layer.tar', content: base },
      { name: 'manifest.json', content: JSON.stringify([{ Config: `${hex(config)}.json`, Layers: [] }]) },
    ];
    expect(carry(tarOf(old)).end()).toEqual({ roots: [], configDigest: `sha256:${hex(config)}` });
  });

  it('that stops in the middle is no image', () => {
    const archive = tarOf(image);
    for (const length of [archive.length - 1_024, 2_000, 700]) {
      expect(carry(archive.subarray(0, length)).end).toThrow('the archive ends in the middle');
    }
    expect(() => carry(Buffer.alloc(600, 'x'))).toThrow('damaged');
  });
});
