import * as z from 'zod';
import type { Ledger } from '#main/core/ports/ledger.ts';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import { checkRunEvent, type RecordedEvent, type RunEvent } from '#shared/domain/run-events.ts';
import type { Connection } from './connection.ts';
import { eventTextSchema } from './rows.ts';

const rowSchema = z.object({
  seq: z.number(),
  runId: runIdSchema,
  n: z.number(),
  at: z.number(),
  event: eventTextSchema,
});
const columns = 'seq, run AS runId, n, at, event';

export function createEvents(connection: Connection): Ledger['events'] {
  return {
    after: (workspaceId, seq, limit) =>
      connection.read(() => eventsAfter(connection, workspaceId, seq, limit)),
    lastSeq: () => connection.read(() => lastSeq(connection)),
    hasChanged: connection.hasChanged,
  };
}

function eventsAfter(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  seq: number,
  limit: number,
): readonly RecordedEvent[] {
  return sql(`SELECT ${columns} FROM run_events WHERE workspace = ? AND seq > ? ORDER BY seq LIMIT ?`)
    .all(workspaceId, seq, limit)
    .map((row) => rowSchema.parse(row));
}

export function lastSeq({ sql }: Connection): number {
  return z.number().parse(sql('SELECT coalesce(max(seq), 0) FROM run_events').pluck().get());
}

export function eventsOf({ sql }: Connection, runId: RunId, afterN: number): readonly RecordedEvent[] {
  return sql(`SELECT ${columns} FROM run_events WHERE run = ? AND n > ? ORDER BY n`)
    .all(runId, afterN)
    .map((row) => rowSchema.parse(row));
}

export function insertEvent(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  { runId, n, at, event }: Omit<RecordedEvent, 'seq'>,
): RecordedEvent {
  const { lastInsertRowid } = sql(
    'INSERT INTO run_events (workspace, run, n, at, kind, event) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(workspaceId, runId, n, at, event.kind, JSON.stringify(event));
  return { seq: Number(lastInsertRowid), runId, n, at, event };
}

/** What could not be read back must not be written: a NaN would end as null and make the whole run unreadable. */
export function checkEvent(event: RunEvent): RunEvent {
  const checked = checkRunEvent(event);
  if (checked.success) return checked.data;
  throw new Error(`the event ${event.kind} does not fit its schema: ${z.prettifyError(checked.error)}`);
}
