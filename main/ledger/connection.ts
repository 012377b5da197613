import type { Database, Statement } from 'better-sqlite3';
import { inWords, isBusy } from './failures.ts';

/** The one open database, as the noun files use it. */
export type Connection = {
  readonly path: string;
  readonly now: () => number;
  /** Prepared once for each text. */
  sql(text: string): Statement<unknown[], unknown>;
  /** Every statement of `work` sees the same state, whatever other processes write meanwhile. */
  read<T>(work: () => T): T;
  /**
   * One immediate transaction, on the disk when it returns. `work` may run twice when another process is writing, so
   * it touches nothing but the database.
   */
  write<T>(work: () => T): T;
  /** As `write`, but a power cut may lose it (never what came before it): for log lines and heartbeats. */
  writeSoon<T>(work: () => T): T;
  hasChanged(): boolean;
};

export function createConnection(
  db: Database,
  path: string,
  now: () => number,
  busyTimeoutMs: number,
): Connection {
  const statements = new Map<string, Statement<unknown[], unknown>>();
  let isDurable = true;
  let ownWrites = 0;
  let seen = '';

  const transact = <T>(work: () => T, durable: boolean): T =>
    inWords(path, () => {
      // In WAL mode FULL syncs the log at each commit. A commit that syncs carries every earlier one with it, so
      // what NORMAL may lose is always the end of the ledger.
      if (durable !== isDurable) {
        db.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
        isDurable = durable;
      }
      const answer = retryWhileBusy(busyTimeoutMs, () => db.transaction(work).immediate());
      ownWrites += 1;
      return answer;
    });

  const version = (): string => `${db.pragma('data_version', { simple: true })}/${ownWrites}`;
  seen = version();

  return {
    path,
    now,
    sql: (text) => {
      const known = statements.get(text);
      if (known !== undefined) return known;
      const statement = db.prepare(text);
      statements.set(text, statement);
      return statement;
    },
    read: (work) => inWords(path, () => retryWhileBusy(busyTimeoutMs, () => db.transaction(work).deferred())),
    write: (work) => transact(work, true),
    writeSoon: (work) => transact(work, false),
    hasChanged: () =>
      inWords(path, () => {
        // data_version tells of other connections' commits only.
        const before = seen;
        seen = version();
        return seen !== before;
      }),
  };
}

/** SQLite waits by itself (busy_timeout), except where it says busy at once, as while another process sets WAL mode. */
export function retryWhileBusy<T>(forMs: number, work: () => T): T {
  const deadline = performance.now() + forMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
