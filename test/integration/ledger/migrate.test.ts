import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { admit, migrate } from '#main/ledger/migrate.ts';
import type { Migration } from '#main/ledger/migrations/migration.ts';
import { refusal, temporaryFolder } from '#test/unit/ledger/scaffold.ts';

const one: Migration = {
  version: 1,
  name: 'people',
  up: (db) =>
    db.exec(
      'CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT; CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL REFERENCES people (id)) STRICT',
    ),
};
/** Rebuilds a table that another points to, which needs foreign keys off. */
const two: Migration = {
  version: 2,
  name: 'names in capitals',
  up: (db) =>
    db.exec(`
      CREATE TABLE new_people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, shouted TEXT NOT NULL) STRICT;
      INSERT INTO new_people SELECT id, name, upper(name) FROM people;
      DROP TABLE people;
      ALTER TABLE new_people RENAME TO people;
    `),
};
const breaking: Migration = {
  version: 3,
  name: 'breaks in the middle',
  up: (db) => {
    db.exec('DELETE FROM pets; CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT');
    throw new Error('out of ideas');
  },
};
const dangling: Migration = { version: 3, name: 'loses an owner', up: (db) => db.exec('DELETE FROM people') };

function openAt(
  path: string,
  migrations: readonly Migration[],
  at = Date.UTC(2026, 0, 2, 3, 4, 5),
): Database.Database {
  const db = new Database(path);
  onTestFinished(() => {
    db.close();
  });
  const context = { path, now: () => at, appVersion: '0.9.0' };
  db.pragma('journal_mode = WAL');
  admit(db, migrations, context);
  migrate(db, migrations, context);
  return db;
}

const versionOf = (db: Database.Database) => db.pragma('user_version', { simple: true });

function atVersionOne() {
  const folder = temporaryFolder();
  const path = join(folder, 'ledger.db');
  const db = openAt(path, [one]);
  db.exec("INSERT INTO people (id, name) VALUES (1, 'ada'), (2, 'bob'); INSERT INTO pets VALUES (1, 2)");
  const backups = () => readdirSync(folder).filter((name) => name.includes('backup'));
  return { folder, path, db, backups };
}

describe('migrating', () => {
  it('makes a new ledger without a backup', () => {
    const { db, backups } = atVersionOne();
    expect(versionOf(db)).toBe(1);
    expect(backups()).toEqual([]);
  });

  it('brings the rows of version 1 to version 2, and keeps a copy of version 1 for its owner only', () => {
    const { folder, path, backups } = atVersionOne();
    const db = openAt(path, [one, two]);
    expect(versionOf(db)).toBe(2);
    expect(db.prepare('SELECT name, shouted FROM people').raw().all()).toEqual([
      ['ada', 'ADA'],
      ['bob', 'BOB'],
    ]);
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(db.prepare('SELECT version, name, app_version FROM schema_history').raw().all()).toEqual([
      [1, 'people', '0.9.0'],
      [2, 'names in capitals', '0.9.0'],
    ]);
    expect(backups()).toEqual(['ledger-backup-v1-20260102T030405Z.db']);
    const copyPath = join(folder, 'ledger-backup-v1-20260102T030405Z.db');
    expect(statSync(copyPath).mode & 0o777).toBe(0o600);
    const copy = new Database(copyPath, { readonly: true });
    expect(versionOf(copy)).toBe(1);
    expect(copy.prepare('SELECT name FROM people').pluck().all()).toEqual(['ada', 'bob']);
    copy.close();
  });

  it('does nothing when there is nothing to do', () => {
    const { path, backups } = atVersionOne();
    openAt(path, [one, two]);
    openAt(path, [one, two]);
    expect(backups()).toHaveLength(1);
  });

  it.each([
    ['fails in the middle', breaking, 'out of ideas'],
    ['leaves rows that point nowhere', dangling, 'point nowhere'],
  ])('that %s leaves version 1 with every row, and the copy', (_case, third, why) => {
    const { path, db, backups } = atVersionOne();
    let caught: unknown;
    const { code, message, hint } = refusal(() => {
      try {
        openAt(path, [one, two, third]);
      } catch (error) {
        caught = error;
        throw error;
      }
    });
    expect(code).toBe('internal');
    expect(message).toContain('it is still at 1');
    expect(hint).toContain(backups()[0]);
    expect(caught).toHaveProperty('cause.message', expect.stringContaining(why));
    expect(versionOf(db)).toBe(1);
    expect(db.prepare('SELECT * FROM people').raw().all()).toEqual([
      [1, 'ada'],
      [2, 'bob'],
    ]);
    expect(db.prepare('SELECT count(*) FROM pets').pluck().get()).toBe(1);
    expect(db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'half'").get()).toBeUndefined();
    expect(backups()).toHaveLength(1);
  });

  it('that cannot make its copy does not begin', () => {
    const { folder, path, db } = atVersionOne();
    // A folder stands where the copy is written.
    mkdirSync(join(folder, `ledger-backup-v1-20260102T030405Z.db.${process.pid}.part`, 'x'), {
      recursive: true,
    });
    expect(() => openAt(path, [one, two])).toThrow();
    expect(versionOf(db)).toBe(1);
  });

  it('is left to a process that was quicker, and so is its copy', () => {
    const { path, backups } = atVersionOne();
    const late = new Database(path);
    let isQuicker = false;
    // The clock is read for the copy's name: by then this process has seen version 1.
    const now = () => {
      if (!isQuicker) openAt(path, [one, two], Date.UTC(2027, 0, 1));
      isQuicker = true;
      return 0;
    };
    migrate(late, [one, two], { path, now, appVersion: '0.9.0' });
    expect(versionOf(late)).toBe(2);
    late.close();
    expect(backups()).toEqual(['ledger-backup-v1-20270101T000000Z.db']);
  });

  it('refuses a list with a gap', () => {
    expect(() => openAt(join(temporaryFolder(), 'ledger.db'), [one, breaking])).toThrow('expected 2');
  });
});
