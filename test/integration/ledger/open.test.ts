import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createConnection } from '#main/ledger/connection.ts';
import { createRuns } from '#main/ledger/runs.ts';
import {
  dev,
  end,
  finish,
  freshLedger,
  open,
  progress,
  refusal,
  releaseA,
  take,
  temporaryFolder,
} from '#test/unit/ledger/scaffold.ts';

/** A ledger with a finished run and a running one, closed. */
function closedLedger() {
  const scaffold = freshLedger();
  finish(scaffold.ledger, scaffold.workspaceId, { environment: dev }, { leaves: { release: releaseA } });
  for (let index = 0; index < 300; index += 1) finish(scaffold.ledger, scaffold.workspaceId, {});
  scaffold.ledger.close();
  return scaffold;
}

/** Fills the first page of a table or index with rubbish, as a failing disk would. */
function spoilRoot(path: string, name: string): void {
  const schema = readFileSync(path);
  // In WAL mode only for its bytes 18 and 19; a copy in memory must not be.
  schema.fill(1, 18, 20);
  const copy = new Database(schema);
  const root = z
    .number()
    .parse(copy.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(name));
  copy.close();
  const bytes = readFileSync(path);
  bytes.fill(0xff, (root - 1) * 4096, root * 4096);
  writeFileSync(path, bytes);
}

describe('opening', () => {
  it('makes the folder and a file that only its owner reads', () => {
    const path = join(temporaryFolder(), 'home', 'deep', 'ledger.db');
    const ledger = open(path);
    expect(ledger.facts()).toMatchObject({ path, schemaVersion: 4 });
    expect(ledger.facts().bytes).toBeGreaterThan(4096);
    ledger.workspaces.opened('/x', 'x', 1);
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o077).toBe(0);
    expect(statSync(join(path, '..')).mode & 0o077).toBe(0);
  });

  it('finds what was there', () => {
    const { path, workspaceId } = closedLedger();
    const ledger = open(path);
    expect(ledger.environments.state(workspaceId, dev)?.release).toBe(releaseA);
    expect(ledger.check()).toEqual([]);
    expect(existsSync(`${path}-wal`)).toBe(true);
    ledger.close();
    ledger.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });
});

describe('a ledger from a newer Gantry', () => {
  it('is refused with the version that made it, and not touched', () => {
    const { path, folder } = closedLedger();
    const db = new Database(path);
    db.pragma('user_version = 7');
    db.prepare("INSERT INTO schema_history VALUES (7, 'later', 1, '3.2.1')").run();
    db.close();
    const before = readFileSync(path);
    const { code, message, hint } = refusal(() => open(path));
    expect(code).toBe('ledger-from-the-future');
    expect(message).toContain('version 7, made by Gantry 3.2.1; this is Gantry 0.1.0, which reads up to 4');
    expect(hint).toContain('Update Gantry');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder)).toEqual(['ledger.db']);
  });
});

describe('a file that is no sound ledger', () => {
  it.each<[string, (path: string) => void]>([
    ['text', (path) => writeFileSync(path, 'These are my notes, and no database at all.\n'.repeat(100))],
    [
      'another program’s database',
      (path) => {
        const db = new Database(path);
        db.exec('CREATE TABLE bookmarks (url TEXT)');
        db.close();
      },
    ],
    [
      'another program’s database with a version',
      (path) => {
        const db = new Database(path);
        db.pragma('user_version = 1');
        db.close();
      },
    ],
  ])('%s is refused and not touched', (_case, write) => {
    const path = join(temporaryFolder(), 'ledger.db');
    write(path);
    const before = readFileSync(path);
    const { code, hint } = refusal(() => open(path));
    expect(code).toBe('ledger-corrupt');
    expect(hint).toContain('backup');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('a ledger cut in half is refused or says so when it is read, and the doctor’s check names it', () => {
    const { path, workspaceId } = closedLedger();
    truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096);
    const { code } = refusal(() => {
      const ledger = open(path);
      for (const one of ledger.runs.list({ workspaceId, limit: 1000 })) ledger.runs.events(one.id);
    });
    expect(code).toBe('ledger-corrupt');
  });

  it('a damaged index is found by the doctor’s check', () => {
    const { path } = closedLedger();
    spoilRoot(path, 'run_events_by_workspace');
    expect(open(path).check()).not.toEqual([]);
  });

  it('a row that reads wrong says which ledger and what', () => {
    const { path, workspaceId } = closedLedger();
    const db = new Database(path);
    db.prepare('UPDATE runs SET summary = \'{"id": 1}\' WHERE id = 301').run();
    db.close();
    const { code, message } = refusal(() => open(path).runs.list({ workspaceId, limit: 5 }));
    expect(code).toBe('ledger-corrupt');
    expect(message).toContain(path);
  });

  it('a write-ahead log without its ledger is not thrown away', () => {
    const { path } = freshLedger();
    const folder = temporaryFolder();
    const orphan = join(folder, 'ledger.db');
    copyFileSync(`${path}-wal`, `${orphan}-wal`);
    expect(refusal(() => open(orphan)).code).toBe('ledger-corrupt');
    expect(statSync(`${orphan}-wal`).size).toBeGreaterThan(0);
    expect(existsSync(orphan)).toBe(false);
  });

  it('after a crash, a small table that is damaged is found on opening', () => {
    const { ledger, path, folder, workspaceId } = freshLedger();
    take(ledger, workspaceId, { environment: dev });
    const db = new Database(path);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    ledger.workspaces.opened(folder, 'renamed', 2);
    const copy = join(folder, 'copy.db');
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    spoilRoot(copy, 'environment_lease');
    expect(refusal(() => open(copy)).code).toBe('ledger-corrupt');
  });
});

/** Opens a ledger in a process that is nobody, because root may write everywhere; answers the refusal. */
function openAsNobody(
  path: string,
  run = (program: string, args: readonly string[]) => spawnSync(program, args, { encoding: 'utf8' }),
): {
  readonly code?: string;
  readonly hint?: string;
  readonly message?: string;
} {
  const script = fileURLToPath(new URL('./children/open-as-nobody.ts', import.meta.url));
  const { stdout, stderr } = run(process.execPath, [script, path]);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

const nobody = 65534;

describe('a place that cannot be written', () => {
  const asRoot = process.getuid?.() === 0;
  const give = (path: string, mode: number) => {
    if (asRoot) chownSync(path, 0, 0);
    chmodSync(path, mode);
  };

  it('a file that is read-only is refused and kept', ({ skip }) => {
    skip(process.platform === 'win32', 'Windows has no file modes');
    const { path, folder } = closedLedger();
    give(path, 0o444);
    chmodSync(folder, 0o777);
    const before = readFileSync(path);
    const { code, hint, message } = openAsNobody(path);
    expect(code).toBe('ledger-read-only');
    expect(message).toContain(path);
    expect(hint).toContain('GANTRY_HOME');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('a folder that is read-only is refused, with and without a ledger', ({ skip }) => {
    skip(process.platform === 'win32', 'Windows has no file modes');
    const { path, folder } = closedLedger();
    if (asRoot) chownSync(path, nobody, nobody);
    give(folder, 0o555);
    expect(openAsNobody(path).code).toBe('ledger-read-only');
    const empty = join(temporaryFolder(), 'empty');
    mkdirSync(empty);
    chmodSync(join(empty, '..'), 0o755);
    give(empty, 0o555);
    expect(openAsNobody(join(empty, 'ledger.db')).code).toBe('ledger-read-only');
    expect(openAsNobody(join(empty, 'deeper', 'ledger.db')).code).toBe('ledger-read-only');
    expect(readdirSync(empty)).toEqual([]);
    chmodSync(folder, 0o700);
  });

  it('a disk that is read-only is refused, with and without a ledger', ({ skip }) => {
    const { path, folder } = closedLedger();
    chmodSync(folder, 0o777);
    const mounted = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"';
    const apart = 'exec unshare --mount sh -c "$0" "$@"';
    const onReadOnlyDisk = (program: string, args: readonly string[]) =>
      spawnSync('sh', ['-c', apart, mounted, folder, program, ...args], { encoding: 'utf8' });
    skip(onReadOnlyDisk('true', []).status !== 0, 'mounting a disk read-only takes Linux and root');
    for (const one of [path, join(folder, 'new', 'ledger.db')]) {
      const { code, message } = openAsNobody(one, onReadOnlyDisk);
      expect(code).toBe('ledger-read-only');
      expect(message).toContain('EROFS');
    }
  });

  it('a file where the folder should be is refused, and named', () => {
    const file = join(temporaryFolder(), 'home');
    writeFileSync(file, '');
    for (const path of [join(file, 'ledger.db'), join(file, 'deeper', 'ledger.db')]) {
      const { code, message, hint } = refusal(() => open(path));
      expect(code).toBe('ledger-read-only');
      expect(message).toBe(`The ledger ${path} cannot be made: ${file} is a file, not a folder.`);
      expect(hint).toContain('GANTRY_HOME');
    }
  });

  it('a file system that takes no folders is refused', ({ skip }) => {
    skip(process.platform !== 'linux', 'there is no /proc');
    expect(refusal(() => open('/proc/gantry/ledger.db')).code).toBe('ledger-read-only');
  });

  it('a folder where the file should be is refused', () => {
    const folder = temporaryFolder();
    expect(refusal(() => open(folder)).code).toBe('ledger-read-only');
  });

  it('a full disk refuses the write, keeps what was there, and takes writes again when there is room', () => {
    const { ledger, path, workspaceId } = freshLedger();
    const { runId, token } = take(ledger, workspaceId, { environment: dev });
    const db = new Database(path);
    const runs = createRuns(createConnection(db, path, () => 0, 100));
    const roomFor = (pages: number) =>
      db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + pages}`);
    roomFor(4);
    let written = 0;
    const { code, hint } = refusal(() => {
      for (; written < 1000; written += 1) runs.append(runId, token, 2000, progress('x'.repeat(500)));
    });
    expect(code).toBe('ledger-read-only');
    expect(hint).toContain('Free space');
    expect(written).toBeGreaterThan(0);
    expect(runs.events(runId)).toHaveLength(written + 1);
    roomFor(100);
    runs.append(runId, token, 3000, end());
    db.close();
    expect(ledger.runs.get(runId)?.state).toBe('succeeded');
    expect(ledger.check()).toEqual([]);
  });
});
