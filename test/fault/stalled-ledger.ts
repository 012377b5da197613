import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import * as z from 'zod';
import { type RunEvent, runEventSchema } from '#shared/domain/run-events.ts';
import { statFields } from '#test/engine/stat-fields.ts';

/** An event, by its kind and where it matters its step; `after` so many of the same before it in its run. */
export type Moment = { readonly kind: RunEvent['kind']; readonly step?: string; readonly after?: number };

export type StalledLedger = {
  /** From now on whoever writes such an event hangs in the middle of its transaction, without end. */
  stallAt(moment: Moment | 'release'): void;
  /** Resolves once the process hangs there. */
  untilStalled(pid: number): Promise<void>;
  release(): void;
  /** Of the newest run, as they are committed. */
  events(): readonly RunEvent[];
  /** Of the newest run, the one that took longest first. */
  steps(): readonly string[];
  close(): void;
};

const lookEveryMs = 10;
/** A commit may hold the ledger for as long as the disk takes, but it does not compute; what hangs does nothing else. */
const stalledAfterTicks = 10;
const patienceMs = 40_000;

/**
 * Lets a test stop another process exactly between two events: a trigger in the ledger's own file, so that the program
 * under test is the one that people run. Killed there, the process dies in the middle of a transaction, too.
 */
export function openStalledLedger(home: string): StalledLedger {
  const db = new Database(join(home, 'ledger.db'), { timeout: 10_000 });
  const isLocked = () => {
    try {
      db.pragma('busy_timeout = 0');
      db.exec('BEGIN IMMEDIATE; ROLLBACK');
      return false;
    } catch (error) {
      if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return true;
      throw error;
    } finally {
      db.pragma('busy_timeout = 10000');
    }
  };
  return {
    stallAt: (moment) => db.exec(moment === 'release' ? stallOn('releases', 'TRUE') : stallBefore(moment)),
    async untilStalled(pid) {
      const deadline = performance.now() + patienceMs;
      for (let since = ticksOf(pid); ticksOf(pid) - since < stalledAfterTicks; ) {
        if (performance.now() > deadline) throw new Error('nobody came to where it should stall');
        await sleep(lookEveryMs);
        if (!isLocked()) since = ticksOf(pid);
      }
    },
    release: () => db.exec('DROP TRIGGER IF EXISTS test_stall'),
    events: () =>
      z
        .array(z.string())
        .parse(
          db
            .prepare('SELECT event FROM run_events WHERE run = (SELECT max(id) FROM runs) ORDER BY n')
            .pluck()
            .all(),
        )
        .map((text) => runEventSchema.parse(JSON.parse(text))),
    steps: () =>
      z
        .array(z.string())
        .parse(
          db
            .prepare(
              "SELECT json_extract(event, '$.step') AS step FROM run_events WHERE run = (SELECT max(id) FROM runs) AND step IS NOT NULL GROUP BY step ORDER BY max(at) - min(at) DESC",
            )
            .pluck()
            .all(),
        ),
    close: () => db.close(),
  };
}

/** What its main thread has computed, in hundredths of a second: fields 14 and 15, utime and stime; 0 when it is gone. */
function ticksOf(pid: number): number {
  const [utime = 0, stime = 0] = statFields(`${pid}/task/${pid}`)?.slice(11, 13).map(Number) ?? [];
  return utime + stime;
}

function stallBefore({ kind, step, after = 0 }: Moment): string {
  const same = (row: string) =>
    [
      `${row}kind = '${kind}'`,
      ...(step === undefined ? [] : [`json_extract(${row}event, '$.step') = '${step}'`]),
    ].join(' AND ');
  const before = `(SELECT count(*) FROM run_events WHERE run = NEW.run AND ${same('')})`;
  return stallOn('run_events', `${same('NEW.')} AND ${before} = ${after}`);
}

/** Counts for some hours. */
function stallOn(table: string, condition: string): string {
  return `CREATE TRIGGER test_stall BEFORE INSERT ON ${table} WHEN ${condition} BEGIN
    SELECT count(*) FROM (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c LIMIT 1000000000000);
  END`;
}
