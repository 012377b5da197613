import * as z from 'zod';
import type { Ledger, Removal } from '#main/core/ports/ledger.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import type { Connection } from './connection.ts';
import { eventTextSchema } from './rows.ts';

export function createRemovals(connection: Connection): Ledger['removals'] {
  return { since: (seq) => connection.read(() => since(connection, seq)) };
}

const rowSchema = z.object({ seq: z.number(), runId: runIdSchema, event: eventTextSchema });
const columns = 'seq, run AS runId, event';
const kinds = "kind IN ('image-removing', 'image-removed')";

function since({ sql }: Connection, seq: number): readonly Removal[] {
  const recent = sql(`SELECT ${columns} FROM run_events WHERE seq > ? AND ${kinds}`).all(seq);
  const unfinished = sql(
    `SELECT ${columns} FROM run_events WHERE run IN (SELECT id FROM runs WHERE state = 'running') AND ${kinds}`,
  ).all();
  return [
    ...recent.flatMap((row) => toRemoval(rowSchema.parse(row))),
    ...openOnes(unfinished.map((row) => rowSchema.parse(row)).sort((left, right) => left.seq - right.seq)),
  ];
}

/** Announced, and not said to be over. */
function openOnes(rows: readonly z.infer<typeof rowSchema>[]): readonly Removal[] {
  const open = new Map<string, readonly Removal[]>();
  for (const row of rows) {
    const { event, runId } = row;
    if (event.kind === 'image-removing') open.set(`${runId} ${event.step} ${event.release}`, toRemoval(row));
    if (event.kind === 'image-removed') open.delete(`${runId} ${event.step} ${event.release}`);
  }
  return [...open.values()].flat();
}

function toRemoval({ runId, event }: z.infer<typeof rowSchema>): readonly Removal[] {
  if (event.kind !== 'image-removing' && event.kind !== 'image-removed') return [];
  return [{ runId, release: event.release, digests: event.digests }];
}
