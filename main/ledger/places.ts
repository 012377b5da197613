import * as z from 'zod';
import type { EnginePlaced, ImagePlace, Ledger } from '#main/core/ports/ledger.ts';
import { type ReleaseId, releaseIdSchema, type WorkspaceId } from '#shared/domain/ids.ts';
import type { Connection } from './connection.ts';
import { optional } from './rows.ts';

/** Of an event of the kind `image-placed`: a release has one for each of its deploys. */
const rowSchema = z.object({
  at: z.number(),
  cell: z.string().nullable(),
  engine: z.string().nullable(),
  repository: z.string(),
  tag: z.string(),
  digest: z.string(),
});
type Placing = z.infer<typeof rowSchema>;

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
  return placings(connection, workspaceId, release).flatMap(({ cell, engine, digest }) =>
    engine === null ? [] : [{ ...optional('cell', cell), engine, imageId: digest }],
  );
}

function placings({ sql }: Connection, workspaceId: WorkspaceId, release: ReleaseId): Placing[] {
  const column = (name: string) => `json_extract(event, '$.${name}') AS ${name}`;
  const columns = ['cell', 'engine', 'repository', 'tag', 'digest'].map(column).join(', ');
  return sql(
    `SELECT at, ${columns} FROM run_events
     WHERE workspace = ? AND kind = 'image-placed' AND json_extract(event, '$.release') = ? ORDER BY seq DESC`,
  )
    .all(workspaceId, release)
    .map((row) => rowSchema.parse(row));
}

function placesOf(
  connection: Connection,
  workspaceId: WorkspaceId,
  release: ReleaseId,
): readonly ImagePlace[] {
  const places = new Map<string, ImagePlace>();
  for (const { cell, engine, ...place } of placings(connection, workspaceId, release)) {
    if (engine !== null) continue;
    const key = JSON.stringify([cell, place.repository]);
    if (!places.has(key)) places.set(key, { ...optional('cell', cell), ...place });
  }
  return [...places.values()];
}
