import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';

const keyBytes = 32;

/** The machine's key, made on first use. Two processes that start at once end up with the same one. */
export function openKey(home: string): Buffer {
  const path = join(home, 'key');
  return readKey(path) ?? makeKey(home, path);
}

function readKey(path: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw new GantryError(
      'config-invalid',
      `The key file ${path} cannot be read (${codeOf(error)}).`,
      'Check its permissions.',
      {
        cause: error,
      },
    );
  }
  try {
    // Of the opened file, not of the name: the name may be exchanged in between.
    const { mode } = fstatSync(file);
    // Windows has no such bits; there the user's profile folder keeps others out.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new GantryError(
        'config-invalid',
        `The key file ${path} is open to other users of this machine (mode ${(mode & 0o777).toString(8)}).`,
        `Run: chmod 600 ${path}. If others may have read it, treat the values in your env files as known to them.`,
      );
    }
    const text = readFileSync(file, 'utf8').trim();
    if (new RegExp(`^[0-9a-f]{${keyBytes * 2}}$`).test(text)) return Buffer.from(text, 'hex');
  } finally {
    closeSync(file);
  }
  throw new GantryError(
    'ledger-corrupt',
    `The key file ${path} does not hold a key.`,
    'Restore it from a backup. Without it the stored env snapshots cannot be read; deleting it makes Gantry start a new key.',
  );
}

/**
 * Written under another name and then linked to its own, so that it is never seen half written, and the first of
 * several processes wins.
 */
function makeKey(home: string, path: string): Buffer {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const draft = join(home, `key.${process.pid}.${randomBytes(6).toString('hex')}`);
    try {
      writeKey(draft);
      placeKey(draft, path);
    } finally {
      rmSync(draft, { force: true });
    }
  } catch (error) {
    throw new GantryError(
      'ledger-read-only',
      `The key file ${path} cannot be made (${codeOf(error)}).`,
      'Make the folder writable, or set GANTRY_HOME to one that is.',
      { cause: error },
    );
  }
  const key = readKey(path);
  if (key === undefined)
    throw new GantryError('ledger-corrupt', `The key file ${path} vanished.`, 'Try again.');
  return key;
}

function writeKey(path: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, `${randomBytes(keyBytes).toString('hex')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function writeKeyUnlessThere(path: string): void {
  try {
    writeKey(path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

function placeKey(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    // exFAT and some network file systems have no links. `wx` still lets only the first one win.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error))) throw error;
    writeKeyUnlessThere(path);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
