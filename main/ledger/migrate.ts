import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { GantryError } from '#shared/domain/errors.ts';
import { corrupt } from './failures.ts';
import type { Migration } from './migrations/migration.ts';

/** 'GANT': tells a ledger from somebody else's SQLite file. */
const applicationId = 0x47414e54;

export type MigrationContext = {
  readonly path: string;
  readonly now: () => number;
  readonly appVersion: string;
};

/** Refuses, without touching it, what is not a ledger and what a newer Gantry wrote. */
export function admit(
  db: Database.Database,
  migrations: readonly Migration[],
  context: MigrationContext,
): void {
  // One snapshot: another process may be making this ledger right now.
  const { version, isLedger, isEmpty, writer } = db.transaction(() => factsOf(db))();
  if (!isLedger && (version !== 0 || !isEmpty))
    throw corrupt(context.path, 'it is a database, but not one of Gantry');
  const latest = latestOf(migrations);
  if (version <= latest) return;
  throw new GantryError(
    'ledger-from-the-future',
    `The ledger ${context.path} has version ${version}, made by Gantry ${writer ?? 'of a later version'}; this is Gantry ${context.appVersion}, which reads up to ${latest}.`,
    'Update Gantry, or set GANTRY_HOME to another folder. Nothing was changed.',
  );
}

/**
 * Brings an admitted ledger to the last of `migrations`, all of them or none. One that holds something is first copied
 * beside itself.
 */
export function migrate(
  db: Database.Database,
  migrations: readonly Migration[],
  context: MigrationContext,
): void {
  const latest = latestOf(migrations);
  const from = versionOf(db);
  if (from >= latest) return;
  const backup = from === 0 ? undefined : backUp(db, from, context);
  // Can only be set outside a transaction; a migration may have to rebuild a table that others point to.
  db.pragma('foreign_keys = OFF');
  try {
    db.transaction(() => apply(db, migrations, context)).immediate();
  } catch (error) {
    throw backup === undefined ? error : migrationFailed(error, from, latest, backup, context);
  } finally {
    db.pragma('foreign_keys = ON');
  }
}

function factsOf(db: Database.Database): {
  readonly version: number;
  readonly isLedger: boolean;
  readonly isEmpty: boolean;
  readonly writer: unknown;
} {
  const isLedger = db.pragma('application_id', { simple: true }) === applicationId;
  return {
    version: versionOf(db),
    isLedger,
    isEmpty: db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined,
    writer: isLedger
      ? db.prepare('SELECT app_version FROM schema_history ORDER BY version DESC').pluck().get()
      : undefined,
  };
}

function latestOf(migrations: readonly Migration[]): number {
  for (const [index, { version, name }] of migrations.entries())
    if (version !== index + 1)
      throw new Error(`migration ${name} has number ${version}, expected ${index + 1}`);
  return migrations.length;
}

function versionOf(db: Database.Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

function apply(db: Database.Database, migrations: readonly Migration[], context: MigrationContext): void {
  // Read again: another process may have migrated while we waited for the lock.
  const pending = migrations.slice(versionOf(db));
  if (pending.length === 0) return;
  db.exec(
    'CREATE TABLE IF NOT EXISTS schema_history (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL, app_version TEXT NOT NULL) STRICT',
  );
  const record = db.prepare('INSERT INTO schema_history VALUES (?, ?, ?, ?)');
  for (const migration of pending) {
    migration.up(db);
    record.run(migration.version, migration.name, context.now(), context.appVersion);
  }
  const broken = db.pragma('foreign_key_check');
  if (!Array.isArray(broken) || broken.length > 0)
    throw new Error(`the migration leaves rows that point nowhere: ${JSON.stringify(broken)}`);
  db.pragma(`application_id = ${applicationId}`);
  db.pragma(`user_version = ${migrations.length}`);
}

/** Undefined when another process migrated in the meantime (and made a backup of its own). */
function backUp(db: Database.Database, version: number, context: MigrationContext): string | undefined {
  const folder = dirname(context.path);
  const name = `${basename(context.path, '.db')}-backup-v${version}-${stamp(context.now())}.db`;
  const unfinished = join(folder, `${name}.${process.pid}.part`);
  try {
    rmSync(unfinished, { force: true });
    // The copy holds what the ledger holds, so nobody else may read it either; VACUUM INTO accepts an empty file.
    closeSync(openSync(unfinished, 'wx', 0o600));
    db.prepare('VACUUM INTO ?').run(unfinished);
    flush(unfinished);
    const copy = new Database(unfinished, { readonly: true });
    const copied = versionOf(copy);
    copy.close();
    if (copied !== version) return undefined;
    chmodSync(unfinished, 0o600);
    renameSync(unfinished, join(folder, name));
    return join(folder, name);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** VACUUM INTO does not wait for the disk. */
function flush(file: string): void {
  const handle = openSync(file, 'r+');
  fsyncSync(handle);
  closeSync(handle);
}

function stamp(at: number): string {
  return new Date(at).toISOString().replace(/[-:]/g, '').replace(/\..*$/, 'Z');
}

function migrationFailed(
  cause: unknown,
  from: number,
  latest: number,
  backup: string,
  context: MigrationContext,
): unknown {
  if (cause instanceof Database.SqliteError && /^SQLITE_(BUSY|FULL|IOERR|READONLY)/.test(cause.code))
    return cause;
  return new GantryError(
    'internal',
    `The ledger ${context.path} could not be brought from version ${from} to ${latest}; it is still at ${from}.`,
    `Nothing was lost; a copy is in ${backup}. Go on with the Gantry you had before, and please report this.`,
    { cause },
  );
}
