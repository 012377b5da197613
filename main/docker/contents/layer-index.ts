import { createHash, type Hash, hash } from 'node:crypto';
import type { FileFacts } from '#shared/domain/image-files.ts';
import { folderOf, placeOf } from './entry-name.ts';
import { type Telling, tellingOf } from './package-databases.ts';
import type { TarEntry, TarSink } from './tar-reader.ts';

/** What one layer does to the files of the layers below it. */
export type LayerIndex = {
  readonly files: ReadonlyMap<string, LayerFile>;
  /** Whatever lies below at these paths, and inside them, is gone. */
  readonly hidden: ReadonlySet<string>;
  /** Folders that show nothing of what lies below in them. */
  readonly opaque: ReadonlySet<string>;
};

export type LayerFile = FileFacts & {
  /** A folder that the archive does not name, only what is in it. */
  readonly isImplied?: true;
  /** Another name of a file in a layer below, whose facts it gets there. */
  readonly sameAs?: string;
};

export type LayerIndexBuilder = {
  add(entry: TarEntry): TarSink | undefined;
  finish(): LayerIndex;
};

const whiteoutPrefix = '.wh.';
const opaqueMark = '.wh..wh..opq';
/** What the storage driver that invented whiteouts kept for itself. */
const driverPrefix = '.wh..wh.';

/** More than the largest images have; each entry costs memory. */
const mostEntries = 2_000_000;
const mostPackages = 50_000;

export function createLayerIndexBuilder(limit = mostEntries): LayerIndexBuilder {
  const files = new Map<string, LayerFile>();
  const hidden = new Set<string>();
  const opaque = new Set<string>();
  const hardlinks: { readonly path: string; readonly entry: TarEntry }[] = [];
  let packages = 0;
  let entries = 0;

  function add(entry: TarEntry): TarSink | undefined {
    count();
    const { path } = entry;
    if (path === '') return undefined;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name.startsWith(whiteoutPrefix)) {
      if (name === opaqueMark) opaque.add(folderOf(path));
      else if (!name.startsWith(driverPrefix)) hidden.add(withName(path, name.slice(whiteoutPrefix.length)));
      return undefined;
    }
    addFolders(folderOf(path));
    switch (entry.kind) {
      case 'file':
        return createFileSink(entry, packages < mostPackages ? tellingOf(path) : undefined, (facts) => {
          packages += facts.packages?.length ?? 0;
          files.set(path, facts);
        });
      case 'hardlink':
        hardlinks.push({ path, entry });
        return undefined;
      case 'symlink':
        files.set(path, factsOf(entry, 'symlink', entry.link));
        return undefined;
      case 'folder':
        files.set(path, factsOf(entry, 'folder', ''));
        return undefined;
      case 'special':
        files.set(path, factsOf(entry, 'special', entry.device));
        return undefined;
    }
  }

  function count(): void {
    entries += 1;
    if (entries > limit) throw new Error(`the archive has more than ${limit} entries`);
  }

  function addFolders(path: string): void {
    for (let folder = path; folder !== '' && !files.has(folder); folder = folderOf(folder)) {
      count();
      files.set(folder, impliedFolder);
    }
  }

  return {
    add,
    finish() {
      for (const { path, entry } of hardlinks) files.set(path, linked(entry, files));
      return { files, hidden, opaque };
    },
  };
}

const impliedFolder: LayerFile = {
  ...{ kind: 'folder', size: 0, mode: 0o755, owner: '0:0', content: '' },
  isImplied: true,
};

function withName(path: string, name: string): string {
  const folder = folderOf(path);
  return folder === '' ? name : `${folder}/${name}`;
}

function factsOf(entry: TarEntry, kind: FileFacts['kind'], content: string): LayerFile {
  const { mode, owner, attributes } = entry;
  return {
    ...{ kind, size: kind === 'file' ? entry.size : 0, mode, owner, content },
    ...(attributes.length === 0
      ? {}
      : { attributes: fingerprint(Buffer.from(attributes.join('\n'), 'latin1')) }),
  };
}

/** Facts of the file it names; its own where that one is not in this layer. */
function linked(entry: TarEntry, files: ReadonlyMap<string, LayerFile>): LayerFile {
  const target = placeOf(entry.link) ?? '';
  const found = files.get(target);
  if (found === undefined) return { ...factsOf(entry, 'file', ''), size: 0, isLinked: true, sameAs: target };
  const { packages: _, system: __, ...facts } = found;
  return { ...facts, isLinked: true };
}

/** As long as no two files need be told apart that were made to be mistaken, and shorter in the cache. */
const fingerprintLength = 32;

function fingerprint(bytes: Buffer): string {
  return hash('sha256', bytes, 'hex').slice(0, fingerprintLength);
}

function createFileSink(
  entry: TarEntry,
  telling: Telling | undefined,
  onFacts: (facts: LayerFile) => void,
): TarSink {
  let digest: Hash | undefined;
  let whole = '';
  const kept: Buffer[] = [];
  const isKept = telling !== undefined && entry.size <= telling.longest;
  return {
    write(bytes) {
      if (isKept) kept.push(Buffer.from(bytes));
      // Most files come in one piece.
      if (digest === undefined && bytes.length === entry.size) whole = fingerprint(bytes);
      else {
        digest ??= createHash('sha256');
        digest.update(bytes);
      }
    },
    end() {
      const content = digest?.digest('hex').slice(0, fingerprintLength) ?? whole;
      const isRead = isKept || telling?.longest === 0;
      const told = isRead ? telling?.read(Buffer.concat(kept).toString('utf8')) : undefined;
      onFacts({ ...factsOf(entry, 'file', content), ...withoutEmpty(told) });
    },
  };
}

function withoutEmpty(told: ReturnType<Telling['read']> | undefined): ReturnType<Telling['read']> {
  const { packages, system } = told ?? {};
  return {
    ...(packages === undefined || packages.length === 0 ? {} : { packages }),
    ...(system === undefined ? {} : { system }),
  };
}
