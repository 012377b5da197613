import { decodeName } from './entry-name.ts';

/*
 * The 512 bytes in front of each entry of a tar archive, and the records of a PAX header, as Go's archive/tar reads
 * them: engines unpack layers with it, so what it makes of an odd archive is what the image holds.
 */

export const blockLength = 512;

export type TarHeader = {
  readonly name: string;
  readonly link: string;
  /** One character; '0' for regular files, also in archives from before there were types. */
  readonly type: string;
  /** Of what follows in the archive. */
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Major and minor number. */
  readonly device: string;
};

/** `undefined` for a block of zeros. Throws for what is no header. */
export function readHeader(block: Buffer): TarHeader | undefined {
  const sum = readNumber(block, 148, 8);
  const { unsigned, signed } = sumsOf(block);
  if (unsigned === 0 && block[148] === 0) return undefined;
  if (sum !== unsigned && sum !== signed)
    throw new Error('the archive is damaged: a header has a wrong checksum');
  const magic = block.toString('latin1', 257, 265);
  // GNU keeps times where POSIX keeps the beginning of a long name.
  const prefix = magic.startsWith('ustar\0') ? readText(block, 345, 155) : '';
  const name = readText(block, 0, 100);
  const flag = block.toString('latin1', 156, 157);
  const isOldFolder = flag === '\0' && name.endsWith('/');
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    link: readText(block, 157, 100),
    type: isOldFolder ? '5' : flag === '\0' || flag === '7' ? '0' : flag,
    size: readNumber(block, 124, 12),
    mode: readNumber(block, 100, 8),
    uid: readNumber(block, 108, 8),
    gid: readNumber(block, 116, 8),
    device: magic.startsWith('ustar') ? `${readNumber(block, 329, 8)},${readNumber(block, 337, 8)}` : '',
  };
}

/** Whether these bytes begin a tar archive. */
export function isHeader(block: Buffer): boolean {
  if (block.length < blockLength) return false;
  try {
    readHeader(block);
    return true;
  } catch {
    return false;
  }
}

/** The checksum's own place counts as spaces. Some old programs added the bytes up as signed numbers. */
function sumsOf(block: Buffer): { readonly unsigned: number; readonly signed: number } {
  let unsigned = 0;
  let negative = 0;
  for (let at = 0; at < blockLength; at += 1) {
    const byte = at >= 148 && at < 156 ? 0 : (block[at] ?? 0);
    unsigned += byte;
    if (byte > 127) negative += 256;
  }
  // Nothing but zeros has no spaces either.
  if (unsigned === 0) return { unsigned: 0, signed: 0 };
  const spaces = 8 * 32;
  return { unsigned: unsigned + spaces, signed: unsigned - negative + spaces };
}

function readText(block: Buffer, from: number, length: number): string {
  const end = block.indexOf(0, from);
  return decodeName(block.subarray(from, end === -1 || end > from + length ? from + length : end));
}

/** Octal digits, or what octal digits cannot hold as a big-endian number behind a first bit that is set. */
function readNumber(block: Buffer, from: number, length: number): number {
  const first = block[from] ?? 0;
  if (first >= 0x80) {
    // The second bit is the sign, and nothing here may be negative.
    let value = first & 0x7f;
    for (let at = from + 1; at < from + length; at += 1) value = value * 256 + (block[at] ?? 0);
    if (first >= 0xc0 || !Number.isSafeInteger(value))
      throw new Error('the archive is damaged: a number is out of range');
    return value;
  }
  let value = 0;
  for (let at = from; at < from + length; at += 1) {
    const byte = block[at] ?? 0;
    if (byte === 0x20 && value === 0) continue;
    if (byte === 0x20 || byte === 0) break;
    if (byte < 0x30 || byte > 0x37) throw new Error('the archive is damaged: a number is none');
    value = value * 8 + byte - 0x30;
  }
  return value;
}

/** What a PAX header says of the entry behind it. */
export type PaxRecords = {
  readonly name?: string;
  readonly link?: string;
  readonly size?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** What the file measures, where the archive holds less of it. */
  readonly realSize?: number;
  /** Extended attributes, name and value. */
  readonly attributes?: readonly string[];
};

/** Records are `length key=value\n`, where the length counts the whole record. */
export function readPax(bytes: Buffer): PaxRecords {
  const found: { -readonly [Key in keyof PaxRecords]: PaxRecords[Key] } = {};
  const attributes: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space === -1 || space - at > 10 ? Number.NaN : Number(bytes.toString('latin1', at, space));
    const end = at + length;
    const equals = bytes.indexOf(0x3d, space);
    if (
      !Number.isInteger(length) ||
      end > bytes.length ||
      equals === -1 ||
      equals >= end ||
      bytes[end - 1] !== 0x0a
    ) {
      throw new Error('the archive is damaged: a PAX record has no proper length');
    }
    const key = bytes.toString('latin1', space + 1, equals);
    const value = bytes.subarray(equals + 1, end - 1);
    at = end;
    // The other is then a made-up one that stands for the file's.
    if (key === 'GNU.sparse.name') found.name = decodeName(value);
    else if (key === 'path') found.name ??= decodeName(value);
    else if (key === 'linkpath') found.link = decodeName(value);
    else if (key === 'size') found.size = readDecimal(value);
    else if (key === 'uid') found.uid = readDecimal(value);
    else if (key === 'gid') found.gid = readDecimal(value);
    else if (key === 'GNU.sparse.realsize' || key === 'GNU.sparse.size') found.realSize = readDecimal(value);
    else if (key.startsWith('SCHILY.xattr.')) attributes.push(`${key}=${value.toString('latin1')}`);
  }
  return attributes.length === 0 ? found : { ...found, attributes: attributes.sort() };
}

function readDecimal(bytes: Buffer): number {
  const text = bytes.toString('latin1');
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new Error('the archive is damaged: a number is none');
  return value;
}
