import Database from 'better-sqlite3';
import * as z from 'zod';
import { GantryError } from '#shared/domain/errors.ts';

/** Runs `work` and turns what SQLite or the file system says about the ledger's file into Gantry's words. */
export function inWords<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toLedgerError(path, error);
  }
}

export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code?.startsWith('SQLITE_BUSY') === true || code?.startsWith('SQLITE_LOCKED') === true;
}

function toLedgerError(path: string, error: unknown): unknown {
  if (error instanceof GantryError) return error;
  if (error instanceof z.ZodError) return corrupt(path, `a row reads wrong (${where(error)})`, error);
  const code = codeOf(error);
  if (code === undefined) return error;
  if (isBusy(error)) return busy(path, error);
  if (/^SQLITE_(CORRUPT|NOTADB)|^Z_/.test(code)) return corrupt(path, textOf(error), error);
  if (/^SQLITE_(FULL|IOERR)|^ENOSPC|^EDQUOT|^EIO/.test(code)) return unwritable(path, error);
  if (/^SQLITE_(READONLY|CANTOPEN|PERM|AUTH)|^E(ACCES|ROFS|PERM|NOTDIR|ISDIR|NOENT)$/.test(code))
    return readOnly(path, error);
  return error;
}

export function corrupt(path: string, what: string, cause?: unknown): GantryError {
  return new GantryError(
    'ledger-corrupt',
    `The ledger ${path} cannot be read: ${what}.`,
    'Nothing was changed. Move the file away and put a backup in its place (such as a ledger-backup-… beside it), or start a new ledger by setting GANTRY_HOME to another folder.',
    { cause },
  );
}

export function readOnly(path: string, cause?: unknown): GantryError {
  return new GantryError(
    'ledger-read-only',
    `The ledger ${path} cannot be written: ${textOf(cause)}.`,
    'Make the file and its folder writable for you, or set GANTRY_HOME to a folder that is.',
    { cause },
  );
}

export function noFolder(path: string, file: string): GantryError {
  return new GantryError(
    'ledger-read-only',
    `The ledger ${path} cannot be made: ${file} is a file, not a folder.`,
    'Set GANTRY_HOME to a folder, which is made where there is none, or move that file away.',
  );
}

function unwritable(path: string, cause: unknown): GantryError {
  return new GantryError(
    'ledger-read-only',
    `The ledger ${path} cannot be written: ${textOf(cause)}.`,
    'Free space on that disk or check its health, then try again; what was recorded before is kept.',
    { cause },
  );
}

function busy(path: string, cause: unknown): GantryError {
  return new GantryError(
    'ledger-busy',
    `Another process has been writing to the ledger ${path} for too long.`,
    'Try again in a moment; if it stays so, see which other Gantry is running.',
    { cause },
  );
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof Database.SqliteError) return error.code;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : 'it is read-only';
}

function where(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'unknown' : `${issue.path.join('.')}: ${issue.message}`;
}
