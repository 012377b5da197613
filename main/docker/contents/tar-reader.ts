import { decodeName, placeOf } from './entry-name.ts';
import { blockLength, type PaxRecords, readHeader, readPax, type TarHeader } from './tar-header.ts';

export type TarEntry = {
  /** Without a slash at either end; '' for the top itself. */
  readonly path: string;
  readonly kind: 'file' | 'hardlink' | 'symlink' | 'folder' | 'special';
  /** Of a regular file. */
  readonly size: number;
  readonly mode: number;
  readonly owner: string;
  /** A link's target as written. */
  readonly link: string;
  /** Major and minor number of a device. */
  readonly device: string;
  /** Extended attributes, name and value, sorted. */
  readonly attributes: readonly string[];
};

/** Takes what is inside a file, in pieces that are its own only during the call. */
export type TarSink = { write(bytes: Buffer): void; end(): void };

export type TarReader = {
  write(bytes: Buffer): void;
  /** Throws when the archive stops in the middle of an entry. */
  end(): void;
};

/** Headers that are longer than this are an attack. */
const longestMeta = 1024 * 1024;

/**
 * Reads a tar archive as its bytes come, in pieces of any size. What `onEntry` answers takes the content; without an
 * answer it is skipped. Entries that lead out of the archive are left out. Throws for a damaged archive.
 */
export function createTarReader(onEntry: (entry: TarEntry) => TarSink | undefined): TarReader {
  /** Part of a header, or of what has to be held as a whole. */
  let held: Buffer[] = [];
  let heldLength = 0;
  /** Bytes still to come of what is read now, and of its padding. */
  let left = 0;
  let padding = 0;
  let state: 'header' | 'content' | 'meta' | 'sparse' | 'over' = 'header';
  let sink: TarSink | undefined;
  let metaType = '';
  /** A header has said something of the entry behind it, which is still to come. */
  let isAnnounced = false;
  let pax: PaxRecords = {};
  /** By GNU's own entries. */
  let long: { name?: string; link?: string } = {};

  function write(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && state !== 'over') {
      if (left === 0 && padding > 0) {
        const skipped = Math.min(padding, bytes.length - at);
        padding -= skipped;
        at += skipped;
      } else if (state === 'content') at += content(bytes, at);
      else at += collect(bytes, at, state === 'meta' ? left + heldLength : blockLength);
    }
  }

  function content(bytes: Buffer, at: number): number {
    const taken = Math.min(left, bytes.length - at);
    left -= taken;
    sink?.write(bytes.subarray(at, at + taken));
    if (left === 0) finish();
    return taken;
  }

  function finish(): void {
    const finished = sink;
    sink = undefined;
    state = 'header';
    finished?.end();
  }

  /** Until as many bytes are there as have to be looked at together. */
  function collect(bytes: Buffer, at: number, wanted: number): number {
    const taken = Math.min(wanted - heldLength, bytes.length - at);
    if (state === 'meta') left -= taken;
    if (heldLength === 0 && taken === wanted) {
      look(bytes.subarray(at, at + taken));
      return taken;
    }
    // The pieces belong to others once this call is over.
    held.push(Buffer.from(bytes.subarray(at, at + taken)));
    heldLength += taken;
    if (heldLength === wanted) {
      const whole = Buffer.concat(held, heldLength);
      held = [];
      heldLength = 0;
      look(whole);
    }
    return taken;
  }

  function look(bytes: Buffer): void {
    if (state === 'meta') {
      state = 'header';
      keepMeta(bytes);
    } else if (state === 'sparse') {
      // One more block of the map of holes follows.
      if (bytes[504] === 0) beginContent();
    } else {
      const header = readHeader(bytes);
      // Go takes two blocks of zeros for the end. One is one too many for anything else.
      if (header === undefined) state = 'over';
      else begin(header, bytes);
    }
  }

  function keepMeta(bytes: Buffer): void {
    if (metaType === 'x') pax = { ...pax, ...readPax(bytes) };
    const zero = bytes.indexOf(0);
    const text = () => decodeName(zero === -1 ? bytes : bytes.subarray(0, zero));
    if (metaType === 'L') long = { ...long, name: text() };
    if (metaType === 'K') long = { ...long, link: text() };
  }

  function begin(header: TarHeader, block: Buffer): void {
    const { type } = header;
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (header.size > longestMeta)
        throw new Error('the archive is damaged: a name or a PAX header is too long');
      metaType = type;
      isAnnounced = type !== 'g';
      padding = paddingOf(header.size);
      left = header.size;
      state = header.size === 0 ? 'header' : 'meta';
      return;
    }
    const size = withoutContent.has(type) ? 0 : (pax.size ?? header.size);
    left = size;
    padding = paddingOf(size);
    const entry = entryOf(header, block, size);
    pax = {};
    long = {};
    isAnnounced = false;
    sink = entry === undefined ? undefined : onEntry(entry);
    if (type === 'S' && block[482] !== 0) state = 'sparse';
    else beginContent();
  }

  function beginContent(): void {
    state = 'content';
    if (left === 0) finish();
  }

  function entryOf(header: TarHeader, block: Buffer, size: number): TarEntry | undefined {
    const kind = kinds[header.type];
    const path = placeOf(pax.name ?? long.name ?? header.name);
    if (kind === undefined || path === undefined) return undefined;
    const sparseSize =
      header.type === 'S' ? Number.parseInt(block.toString('latin1', 483, 495), 8) : Number.NaN;
    return {
      path,
      kind,
      size: pax.realSize ?? (Number.isSafeInteger(sparseSize) ? sparseSize : size),
      mode: header.mode & 0o7777,
      owner: `${pax.uid ?? header.uid}:${pax.gid ?? header.gid}`,
      link: pax.link ?? long.link ?? header.link,
      device: header.device,
      attributes: pax.attributes ?? [],
    };
  }

  return {
    write,
    end() {
      if (heldLength > 0 || left > 0 || isAnnounced || state === 'sparse' || state === 'meta')
        throw new Error('the archive ends in the middle of an entry');
    },
  };
}

const kinds: Readonly<Record<string, TarEntry['kind']>> = {
  ...{ '0': 'file', S: 'file', '1': 'hardlink', '2': 'symlink', '5': 'folder' },
  ...{ '3': 'special', '4': 'special', '6': 'special' },
};

/** Whatever size their headers claim. */
const withoutContent = new Set(['1', '2', '3', '4', '5', '6']);

function paddingOf(size: number): number {
  return (blockLength - (size % blockLength)) % blockLength;
}
