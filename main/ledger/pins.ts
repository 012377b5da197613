import * as z from 'zod';
import type { Ledger } from '#main/core/ports/ledger.ts';
import { type ReleaseId, releaseIdSchema, type WorkspaceId, workspaceIdSchema } from '#shared/domain/ids.ts';
import { type Pin, pinSchema } from '#shared/domain/retention.ts';
import type { Connection } from './connection.ts';
import { optional } from './rows.ts';

const pinRowSchema = pinSchema
  .extend({ note: z.string().nullable() })
  .transform(({ note, ...pin }): Pin => ({ ...pin, ...optional('note', note) }));

export function createPins(connection: Connection): Ledger['pins'] {
  const { read, write } = connection;
  return {
    list: (workspaceId) => read(() => list(connection, workspaceId)),
    put: (workspaceId, pin, check) =>
      write(() => {
        check?.();
        insertEvent(connection, workspaceId, 'pin', pin);
        writePin(connection, workspaceId, pin);
      }),
    remove: (workspaceId, release, by) => write(() => remove(connection, workspaceId, release, by)),
  };
}

function list({ sql }: Connection, workspaceId: WorkspaceId): readonly Pin[] {
  return sql('SELECT release, at, by, note FROM release_pin WHERE workspace = ?')
    .all(workspaceId)
    .map((row) => pinRowSchema.parse(row));
}

function remove(connection: Connection, workspaceId: WorkspaceId, release: ReleaseId, by: string): boolean {
  const wasPinned = list(connection, workspaceId).some((pin) => pin.release === release);
  if (!wasPinned) return false;
  insertEvent(connection, workspaceId, 'unpin', { release, by, at: connection.now() });
  deletePin(connection, workspaceId, release);
  return true;
}

function insertEvent(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  act: 'pin' | 'unpin',
  { release, at, by, note }: Pin,
): void {
  sql('INSERT INTO pin_events (workspace, release, act, at, by, note) VALUES (?, ?, ?, ?, ?, ?)').run(
    workspaceId,
    release,
    act,
    at,
    by,
    note ?? null,
  );
}

function writePin({ sql }: Connection, workspaceId: WorkspaceId, { release, at, by, note }: Pin): void {
  sql(
    `INSERT INTO release_pin (workspace, release, at, by, note) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET at = excluded.at, by = excluded.by, note = excluded.note`,
  ).run(workspaceId, release, at, by, note ?? null);
}

function deletePin({ sql }: Connection, workspaceId: WorkspaceId, release: ReleaseId): void {
  sql('DELETE FROM release_pin WHERE workspace = ? AND release = ?').run(workspaceId, release);
}

const pinEventSchema = z.object({
  workspace: workspaceIdSchema,
  release: releaseIdSchema,
  act: z.enum(['pin', 'unpin']),
  at: z.number(),
  by: z.string(),
  note: z.string().nullable(),
});

/** Within a transaction: writes the projection anew. */
export function rebuildPins(connection: Connection): void {
  const { sql } = connection;
  sql('DELETE FROM release_pin').run();
  const events = sql('SELECT workspace, release, act, at, by, note FROM pin_events ORDER BY id').all();
  for (const row of events) {
    const { workspace, act, note, ...pin } = pinEventSchema.parse(row);
    if (act === 'unpin') deletePin(connection, workspace, pin.release);
    else writePin(connection, workspace, { ...pin, ...optional('note', note) });
  }
}
