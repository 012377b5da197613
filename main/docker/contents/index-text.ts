import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { LayerFile, LayerIndex } from './layer-index.ts';

/** Part of the cache's names: an index that another version of this file wrote is never read. */
export const indexVersion = 1;

const kinds = ['file', 'folder', 'symlink', 'special'] as const;

/** Everything about one file that is rare. */
type Rest = Pick<LayerFile, 'attributes' | 'isLinked' | 'isImplied' | 'sameAs' | 'packages' | 'system'>;

/** Columns: parsed several times as fast as one object for each file, and smaller when compressed. */
type Written = {
  readonly paths: readonly string[];
  /** Positions in `kinds`, one digit each. */
  readonly kinds: string;
  readonly sizes: readonly number[];
  readonly modes: readonly number[];
  readonly owners: readonly string[];
  /** Positions in `owners`. */
  readonly ownedBy: readonly number[];
  readonly contents: readonly string[];
  /** By position. */
  readonly rest: readonly (readonly [at: number, rest: Rest])[];
  readonly hidden: readonly string[];
  readonly opaque: readonly string[];
};

export function writeIndex({ files, hidden, opaque }: LayerIndex): Buffer {
  const entries = [...files];
  const owners = [...new Set(entries.map(([, { owner }]) => owner))];
  const positions = new Map(owners.map((owner, at) => [owner, at]));
  const written: Written = {
    paths: entries.map(([path]) => path),
    kinds: entries.map(([, { kind }]) => kinds.indexOf(kind)).join(''),
    sizes: entries.map(([, { size }]) => size),
    modes: entries.map(([, { mode }]) => mode),
    owners,
    ownedBy: entries.map(([, { owner }]) => positions.get(owner) ?? 0),
    contents: entries.map(([, { content }]) => content),
    rest: entries.flatMap(([, file], at) => {
      const rest = restOf(file);
      return Object.keys(rest).length === 0 ? [] : [[at, rest] as const];
    }),
    hidden: [...hidden],
    opaque: [...opaque],
  };
  return zstdCompressSync(JSON.stringify(written));
}

function restOf({ kind, size, mode, owner, content, ...rest }: LayerFile): Rest {
  return rest;
}

/** Throws for what writeIndex did not write. */
export function readIndex(bytes: Buffer): LayerIndex {
  // The cache answers only what it was given under this version's name.
  const written = JSON.parse(zstdDecompressSync(bytes).toString('utf8')) as Written;
  const rest = new Map(written.rest);
  const files = new Map<string, LayerFile>();
  written.paths.forEach((path, at) => {
    files.set(path, {
      kind: kinds[Number(written.kinds[at])] ?? 'special',
      size: written.sizes[at] ?? 0,
      mode: written.modes[at] ?? 0,
      owner: written.owners[written.ownedBy[at] ?? 0] ?? '',
      content: written.contents[at] ?? '',
      ...rest.get(at),
    });
  });
  return { files, hidden: new Set(written.hidden), opaque: new Set(written.opaque) };
}
