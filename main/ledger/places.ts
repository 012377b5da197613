import * as z from 'zod';
import type { ImagePlace, Ledger } from '#main/core/ports/ledger.ts';
import type { ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import { runEventSchema } from '#shared/domain/run-events.ts';
import type { Connection } from './connection.ts';
import { jsonOf } from './rows.ts';

const rowSchema = z.object({ at: z.number(), event: jsonOf(runEventSchema) });

export function createPlaces(connection: Connection): Ledger['places'] {
  return { of: (workspaceId, release) => connection.read(() => placesOf(connection, workspaceId, release)) };
}

function placesOf({ sql }: Connection, workspaceId: WorkspaceId, release: ReleaseId): readonly ImagePlace[] {
  const places = new Map<string, ImagePlace>();
  const rows = sql(
    `SELECT at, event FROM run_events
     WHERE workspace = ? AND kind = 'image-placed' AND json_extract(event, '$.release') = ? ORDER BY seq DESC`,
  ).all(workspaceId, release);
  for (const row of rows) {
    const { at, event } = rowSchema.parse(row);
    if (event.kind !== 'image-placed') continue;
    const { cell, repository, tag, digest } = event;
    const key = JSON.stringify([cell, repository]);
    if (!places.has(key))
      places.set(key, { ...(cell === undefined ? {} : { cell }), repository, tag, digest, at });
  }
  return [...places.values()];
}
