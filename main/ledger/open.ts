import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Ledger } from '#main/core/ports/ledger.ts';
import { type Connection, createConnection, retryWhileBusy } from './connection.ts';
import { createEnvSnapshots } from './env-snapshots.ts';
import { createEnvironments } from './environments.ts';
import { createEvents } from './events.ts';
import { corrupt, inWords, noFolder, readOnly } from './failures.ts';
import { createLeases } from './leases.ts';
import { createLogs } from './logs.ts';
import { admit, migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { createPins } from './pins.ts';
import { createPlaces } from './places.ts';
import { createReleases } from './releases.ts';
import { createRemovals } from './removals.ts';
import { createRuns } from './runs.ts';
import { createWorkspaces } from './workspaces.ts';

export type OpenLedger = {
  /** Absolute; the folder is made when it is missing. */
  readonly path: string;
  readonly now: () => number;
  /** Kept beside each schema version, so that an older Gantry can say which one is needed. */
  readonly appVersion: string;
  /** How long a write waits for other processes before it is `ledger-busy`. It blocks this thread. */
  readonly busyTimeoutMs?: number;
};

/** Opens, creates or migrates the ledger. Throws `ledger-corrupt`, `-from-the-future`, `-read-only` or `-busy`. */
export function openLedger({ path, now, appVersion, busyTimeoutMs = 5000 }: OpenLedger): Ledger {
  return inWords(path, () => {
    const wasLeftOpen = sizeOf(`${path}-wal`) > 0;
    // SQLite would take the empty file for a new database and throw the log away.
    if (wasLeftOpen && sizeOf(path) === 0)
      throw corrupt(path, 'it is empty or gone, but its -wal file is not');
    prepareFile(path);
    const db = new Database(path, { timeout: busyTimeoutMs });
    try {
      const context = { path, now, appVersion };
      retryWhileBusy(busyTimeoutMs, () => admit(db, migrations, context));
      retryWhileBusy(busyTimeoutMs, () => setUp(db));
      retryWhileBusy(busyTimeoutMs, () => migrate(db, migrations, context));
      if (wasLeftOpen) checkSmallTables(db, path);
      return assemble(db, createConnection(db, path, now, busyTimeoutMs));
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/**
 * Asks the file system instead of opening the file: closing any handle on it would drop the locks that another
 * connection of this process holds (https://sqlite.org/howtocorrupt.html, 2.2).
 */
function prepareFile(path: string): void {
  const folder = dirname(path);
  // Before making folders, because on a read-only disk mkdir says only that there is no such folder.
  const existing = nearestExisting(folder);
  if (!statSync(existing).isDirectory()) throw noFolder(path, existing);
  requireWritable(path, existing);
  makeFolder(folder);
  if (existsSync(path)) {
    requireWritable(path, path);
    return;
  }
  try {
    // Sealed env values and logs are in it; SQLite gives -wal and -shm the same mode.
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}

function nearestExisting(folder: string): string {
  const above = dirname(folder);
  return existsSync(folder) || above === folder ? folder : nearestExisting(above);
}

/** Not by `recursive`, which tries for ever where a file system takes no folders, such as /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

function requireWritable(path: string, place: string): void {
  try {
    accessSync(place, constants.W_OK);
  } catch (error) {
    throw readOnly(path, error);
  }
}

function setUp(db: Database.Database): void {
  db.pragma('journal_mode = WAL');
  // better-sqlite3 is built with NORMAL for WAL; a run's last event must survive a power cut.
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  // INSERT OR REPLACE deletes; only with this do the append-only triggers see it.
  db.pragma('recursive_triggers = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
  db.pragma(`journal_size_limit = ${16 * 1024 * 1024}`);
}

/**
 * A leftover write-ahead log means a crash, or simply another Gantry; so only the tables whose size does not grow with
 * events and logs are checked here, which takes milliseconds. `check` does the rest.
 */
function checkSmallTables(db: Database.Database, path: string): void {
  for (const table of [
    'workspaces',
    'environment_lease',
    'lease_tokens',
    'environment_hold',
    'environment_state',
    'release_pin',
  ]) {
    const answer = db.pragma(`quick_check('${table}')`, { simple: true });
    if (answer !== 'ok') throw corrupt(path, String(answer));
  }
}

function assemble(db: Database.Database, connection: Connection): Ledger {
  return {
    runs: createRuns(connection),
    events: createEvents(connection),
    leases: createLeases(connection),
    environments: createEnvironments(connection),
    releases: createReleases(connection),
    pins: createPins(connection),
    removals: createRemovals(connection),
    places: createPlaces(connection),
    envSnapshots: createEnvSnapshots(connection),
    logs: createLogs(connection),
    workspaces: createWorkspaces(connection),
    facts: () => ({
      path: connection.path,
      bytes: sizeOf(connection.path) + sizeOf(`${connection.path}-wal`),
      schemaVersion: migrations.length,
    }),
    check: () =>
      inWords(connection.path, () => [
        ...complaints(db, 'integrity_check'),
        ...complaints(db, 'foreign_key_check'),
      ]),
    close: () => {
      if (db.open) db.close();
    },
  };
}

function complaints(
  db: Database.Database,
  check: 'integrity_check' | 'foreign_key_check',
): readonly string[] {
  try {
    const rows = db.prepare(`PRAGMA ${check}`).raw().all();
    return rows.map(String).filter((line) => line !== 'ok');
  } catch (error) {
    // Damage that keeps even the check from going on.
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CORRUPT'))
      return [error.message];
    throw error;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
