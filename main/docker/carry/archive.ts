import * as z from 'zod';
import { blockLength, type PaxRecords, readHeader, readPax, type TarHeader } from '../contents/tar-header.ts';

/** What an archive of `docker save` says of the image in it. */
export type ArchiveContents = {
  /** Digests that `index.json` names; none in archives of engines before Docker 25. */
  readonly roots: readonly string[];
  /** Of the image for the engine's own platform. */
  readonly configDigest: string | undefined;
};

export type ArchiveReader = {
  /** The parts of these bytes that go on, in order. They belong to the caller's piece. */
  pass(bytes: Buffer): Buffer[];
  /** Whether the block that ends an archive has come; only zeros follow. */
  isOver(): boolean;
  /** Throws for what is no archive of an image, or half of one. */
  end(): ArchiveContents;
};

export type ArchiveOptions = {
  /** Diff ids of layers that are left out; they are found where the archive names its layers by them. */
  readonly without: ReadonlySet<string>;
  /** A layer has passed as a whole. */
  onLayer(): void;
};

/** Documents are small; what is longer is a layer, whatever it begins with. */
const longestDocument = 4 * 1024 * 1024;
/** Headers that are longer than this are an attack. */
const longestMeta = 1024 * 1024;

type Entry = { readonly name: string; readonly size: number; readonly passes: boolean };

/** Reads an archive while it passes, without changing what it lets through. */
export function readArchive({ without, onLayer }: ArchiveOptions): ArchiveReader {
  const documents = new Map<string, Buffer>();
  /** Part of a header, and the headers before it that belong to the same entry. */
  let block = Buffer.alloc(0);
  let ahead: Buffer[] = [];
  let pax: PaxRecords = {};
  /** Of the current entry or header: bytes still to come, and what they are padded with. */
  let left = 0;
  let padding = 0;
  let meta: { readonly type: string; pieces: Buffer[] } | undefined;
  let entry: Entry | undefined;
  let held: Buffer[] | undefined;
  let isDocument: boolean | undefined;
  let isOver = false;

  function pass(bytes: Buffer): Buffer[] {
    const out: Buffer[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (isOver) {
        out.push(bytes.subarray(at));
        return out;
      }
      if (left > 0 || padding > 0) at += content(bytes.subarray(at), out);
      else at += header(bytes.subarray(at), out);
    }
    return out;
  }

  function header(bytes: Buffer, out: Buffer[]): number {
    const taken = bytes.subarray(0, blockLength - block.length);
    block = Buffer.concat([block, taken]);
    if (block.length < blockLength) return taken.length;
    const whole = block;
    block = Buffer.alloc(0);
    const read = readHeader(whole);
    if (read === undefined) {
      // The end: blocks of zeros, which whoever reads it wants to see.
      isOver = true;
      out.push(...ahead, whole);
      ahead = [];
    } else begin(read, whole, out);
    return taken.length;
  }

  function begin(read: TarHeader, whole: Buffer, out: Buffer[]): void {
    if (/^[xgLK]$/.test(read.type)) {
      if (read.size > longestMeta) throw new Error('the archive is damaged: a header is too long');
      ahead.push(whole);
      meta = { type: read.type, pieces: [] };
      expect(read.size);
      if (read.size === 0) endOfContent();
      return;
    }
    const size = pax.size ?? read.size;
    const name = (pax.name ?? read.name).replace(/^\.?\//, '');
    const digest = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
    const passes = digest === undefined || !without.has(`sha256:${digest}`);
    entry = { name, size, passes };
    isDocument = undefined;
    held = [];
    if (passes) out.push(...ahead, whole);
    ahead = [];
    pax = {};
    expect(size);
    if (size === 0) endOfContent();
  }

  function expect(size: number): void {
    left = size;
    padding = (blockLength - (size % blockLength)) % blockLength;
  }

  /** Content and then its padding. */
  function content(bytes: Buffer, out: Buffer[]): number {
    const taken = bytes.subarray(0, left > 0 ? left : padding);
    if (left > 0) {
      left -= taken.length;
      keep(taken);
      if (left === 0) endOfContent();
    } else padding -= taken.length;
    if (meta !== undefined || ahead.length > 0) ahead.push(Buffer.from(taken));
    else if (entry === undefined || entry.passes) out.push(taken);
    return taken.length;
  }

  function keep(bytes: Buffer): void {
    if (meta !== undefined) meta.pieces.push(Buffer.from(bytes));
    if (entry === undefined || held === undefined) return;
    isDocument ??= entry.size <= longestDocument && (bytes[0] === 0x7b || bytes[0] === 0x5b);
    if (isDocument) held.push(Buffer.from(bytes));
  }

  function endOfContent(): void {
    if (meta !== undefined) {
      if (meta.type === 'x') pax = { ...pax, ...readPax(Buffer.concat(meta.pieces)) };
      meta = undefined;
      return;
    }
    if (entry !== undefined && isDocument === true) documents.set(entry.name, Buffer.concat(held ?? []));
    if (entry !== undefined && isDocument === false && entry.passes) onLayer();
    held = undefined;
  }

  return {
    pass,
    isOver: () => isOver,
    end() {
      if (!isOver) throw new Error('the archive ends in the middle');
      return contentsOf(documents);
    },
  };
}

const indexSchema = z.object({ manifests: z.array(z.object({ digest: z.string() })) });
const manifestSchema = z.array(z.object({ Config: z.string() }));

function contentsOf(documents: ReadonlyMap<string, Buffer>): ArchiveContents {
  const read = (name: string): unknown => {
    const bytes = documents.get(name);
    return bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
  };
  const index = indexSchema.safeParse(read('index.json')).data;
  const manifest = manifestSchema.safeParse(read('manifest.json')).data;
  // `blobs/sha256/<hex>`, and `<hex>.json` before Docker 25.
  const config = /([0-9a-f]{64})(?:\.json)?$/.exec(manifest?.[0]?.Config ?? '')?.[1];
  return {
    roots: index?.manifests.map(({ digest }) => digest) ?? [],
    configDigest: config === undefined ? undefined : `sha256:${config}`,
  };
}
