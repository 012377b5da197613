import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';
import { fsPath, shown, textOf } from './path-text.ts';

/** One file, folder or link of a context, as it was when it was looked at. */
export type Entry = {
  /** Below the context, with slashes. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'symlink' | 'other';
  /** Go's FileMode. */
  readonly mode: number;
  readonly size: bigint;
  /** Nanoseconds since 1970. */
  readonly modifiedAt: bigint;
  /** What the engine is told in the place of modifiedAt (told-times.ts). */
  readonly toldTime?: bigint;
  /** When anything about it changed, the same way. Nobody can set it, as modifiedAt can be set. */
  readonly changedAt: bigint;
  /** Of a symlink: where it points. Of a hard link: the path that stands for the same file. */
  readonly link?: string;
  readonly device?: { readonly major: number; readonly minor: number };
  /** Which file it is, whatever its name: `device:inode`. */
  readonly identity: string;
  /** How many names it has. */
  readonly names: bigint;
};

/** A context as it is read; no path is the context itself. */
export type ContextFiles = {
  /** `undefined` when there is none. */
  entry(path: string): Entry | undefined;
  /** The names in a folder in order of their bytes; `undefined` when there is no such folder. */
  names(path: string): readonly string[] | undefined;
};

export function filesOnDisk(root: string): ContextFiles {
  return { entry: (path) => readEntry(root, path), names: (path) => readNames(root, path) };
}

/** `undefined` when it is gone. */
export function readEntry(root: string, path: string): Entry | undefined {
  try {
    const place = placeOf(root, path);
    const facts = lstatSync(place, { bigint: true, throwIfNoEntry: false });
    if (facts === undefined) return undefined;
    const entry = entryOf(path, facts);
    if (entry.kind !== 'symlink') return entry;
    return { ...entry, link: withSlashes(textOf(readlinkSync(place, 'buffer'))) };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw cannotRead(path, error);
  }
}

/** Whether all about it is as it was when it was looked at; `entry` is undefined when there was nothing. */
export function isUnchanged(root: string, path: string, entry: Entry | undefined): boolean {
  try {
    const facts = lstatSync(placeOf(root, path), { bigint: true, throwIfNoEntry: false });
    if (facts === undefined || entry === undefined) return facts === entry;
    // Whatever changes anything else changes this too.
    return facts.ctimeNs === entry.changedAt && hasSameBytes(facts, entry);
  } catch (error) {
    return entry === undefined && isGone(error);
  }
}

/** Whether these are the facts of the file that was looked at, and of the bytes that it had. */
export function hasSameBytes(
  facts: BigIntStats,
  entry: Pick<Entry, 'kind' | 'modifiedAt' | 'size' | 'identity'>,
): boolean {
  return (
    facts.mtimeNs === entry.modifiedAt &&
    (entry.kind === 'folder' || facts.size === entry.size) &&
    identityOf(facts) === entry.identity
  );
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** The device that it lies on. */
export function fileSystemOf({ identity }: Pick<Entry, 'identity'>): string {
  return identity.slice(0, identity.indexOf(':'));
}

function placeOf(root: string, path: string): string | Buffer {
  return fsPath(path === '' ? root : `${root}/${path}`);
}

function entryOf(path: string, facts: BigIntStats): Entry {
  const kind = kindOf(facts);
  const entry = {
    path,
    kind,
    mode: goMode(facts),
    size: kind === 'folder' ? 0n : facts.size,
    modifiedAt: facts.mtimeNs,
    changedAt: facts.ctimeNs,
    identity: identityOf(facts),
    names: facts.nlink,
  };
  const isDevice = kind === 'other' && (facts.isBlockDevice() || facts.isCharacterDevice());
  return isDevice ? { ...entry, device: deviceOf(facts.rdev) } : entry;
}

function kindOf(facts: BigIntStats): Entry['kind'] {
  if (facts.isFile()) return 'file';
  if (facts.isDirectory()) return 'folder';
  return facts.isSymbolicLink() ? 'symlink' : 'other';
}

/** The names in a folder in order of their bytes; `undefined` when there is no such folder. */
export function readNames(root: string, path: string): readonly string[] | undefined {
  try {
    const place = placeOf(root, path);
    // In Latin-1 a character is a byte, so that they sort as bytes.
    const names = readdirSync(place, 'latin1').sort();
    return names.map((name) => (isAscii.test(name) ? name : textOf(Buffer.from(name, 'latin1'))));
  } catch (error) {
    if (isGone(error)) return undefined;
    throw cannotRead(path === '' ? root : path, error);
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: every name of ASCII, whatever is in it.
const isAscii = /^[\x00-\x7f]*$/;

/** Also where a folder on the way to it has become a file, or a link that leads to itself. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && goneCodes.has(error.code);
}

const goneCodes: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

export function cannotRead(path: string, cause: unknown): GantryError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const message = `${shown(path)} in the build context cannot be read: ${reasons[why] ?? why}.`;
  const hint = 'Make it readable, or leave it out by .dockerignore.';
  return new GantryError('config-invalid', message, hint, { cause });
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EIO: 'the disk failed',
  ENAMETOOLONG: 'its path is too long',
  ENOENT: 'it is gone',
};

/** The bits of Go's io/fs FileMode; a socket has none here, and so becomes an empty file, as with the docker CLI. */
function goMode(facts: BigIntStats): number {
  const mode = Number(facts.mode);
  let bits = isWindows ? 0o755 & (mode | 0o111) : mode & 0o777;
  // Most are: a context may have a hundred thousand.
  if (facts.isFile() && (mode & 0o7000) === 0) return bits;
  if (facts.isDirectory()) bits += 2 ** 31;
  if (facts.isSymbolicLink()) bits += 2 ** 27;
  if (facts.isBlockDevice() || facts.isCharacterDevice()) bits += 2 ** 26;
  if (facts.isFIFO()) bits += 2 ** 25;
  if ((mode & 0o4000) !== 0) bits += 2 ** 23;
  if ((mode & 0o2000) !== 0) bits += 2 ** 22;
  if (facts.isCharacterDevice()) bits += 2 ** 21;
  if ((mode & 0o1000) !== 0) bits += 2 ** 20;
  return bits;
}

/** Linux's numbering, as in fsutil's stat_unix.go. */
function deviceOf(device: bigint): { major: number; minor: number } {
  return {
    major: Number((device >> 8n) & 0xfffn),
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xfff00n)),
  };
}

const isWindows = sep === '\\';

function withSlashes(path: string): string {
  return isWindows ? path.replaceAll('\\', '/') : path;
}
