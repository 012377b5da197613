import * as z from 'zod';
import type { EnginePlaced, ImagePlace, Ledger } from '#main/core/ports/ledger.ts';
import { type ReleaseId, releaseIdSchema, type WorkspaceId } from '#shared/domain/ids.ts';
import type { RunEventOf } from '#shared/domain/run-events.ts';
import type { Connection } from './connection.ts';
import { eventTextSchema } from './rows.ts';

const rowSchema = z.object({ at: z.number(), event: eventTextSchema });

type Placing = { readonly at: number; readonly event: RunEventOf<'image-placed'> };

export function createPlaces(connection: Connection): Ledger['places'] {
  return {
    of: (workspaceId, release) => connection.read(() => placesOf(connection, workspaceId, release)),
    onEngines: (workspaceId, release) => connection.read(() => onEngines(connection, workspaceId, release)),
    digestsSince: (workspaceId, seq) => connection.read(() => digestsSince(connection, workspaceId, seq)),
  };
}

const digestRowSchema = z.object({
  seq: z.number(),
  release: releaseIdSchema,
  repository: z.string(),
  digest: z.string(),
  engine: z.string().nullable(),
});

function digestsSince(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  seq: number,
): ReturnType<Ledger['places']['digestsSince']> {
  return sql(
    `SELECT seq, json_extract(event, '$.release') AS release, json_extract(event, '$.repository') AS repository,
       json_extract(event, '$.digest') AS digest, json_extract(event, '$.engine') AS engine FROM run_events
     WHERE workspace = ? AND kind = 'image-placed' AND seq > ? ORDER BY seq`,
  )
    .all(workspaceId, seq)
    .map((row) => {
      const { engine, ...place } = digestRowSchema.parse(row);
      return { ...place, ...(engine === null ? {} : { engine }) };
    });
}

function onEngines(connection: Connection, workspaceId: WorkspaceId, release: ReleaseId): EnginePlaced[] {
  return placings(connection, workspaceId, release).flatMap(({ event: { cell, engine, digest } }) =>
    engine === undefined ? [] : [{ ...(cell === undefined ? {} : { cell }), engine, imageId: digest }],
  );
}

function placings({ sql }: Connection, workspaceId: WorkspaceId, release: ReleaseId): Placing[] {
  const rows = sql(
    `SELECT at, event FROM run_events
     WHERE workspace = ? AND kind = 'image-placed' AND json_extract(event, '$.release') = ? ORDER BY seq DESC`,
  ).all(workspaceId, release);
  return rows.flatMap((row) => {
    const { at, event } = rowSchema.parse(row);
    return event.kind === 'image-placed' ? [{ at, event }] : [];
  });
}

function placesOf(
  connection: Connection,
  workspaceId: WorkspaceId,
  release: ReleaseId,
): readonly ImagePlace[] {
  const places = new Map<string, ImagePlace>();
  for (const { at, event } of placings(connection, workspaceId, release)) {
    const { cell, repository, tag, digest, engine } = event;
    if (engine !== undefined) continue;
    const key = JSON.stringify([cell, repository]);
    if (!places.has(key))
      places.set(key, { ...(cell === undefined ? {} : { cell }), repository, tag, digest, at });
  }
  return [...places.values()];
}
