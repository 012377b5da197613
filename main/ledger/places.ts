import * as z from 'zod';
import type { EnginePlaced, ImagePlace, Ledger } from '#main/core/ports/ledger.ts';
import { type ReleaseId, releaseIdSchema, type WorkspaceId } from '#shared/domain/ids.ts';
import type { Connection } from './connection.ts';
import { optional } from './rows.ts';

/** Those of an event of the kind `image-placed` that are asked for: a release has one event for each of its deploys. */
function columns(...names: readonly string[]): string {
  return names.map((name) => `json_extract(event, '$.${name}') AS ${name}`).join(', ');
}

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
    `SELECT seq, ${columns('release', 'repository', 'digest', 'engine')} FROM run_events
     WHERE workspace = ? AND kind = 'image-placed' AND seq > ? ORDER BY seq`,
  )
    .all(workspaceId, seq)
    .map((row) => {
      const { engine, ...place } = digestRowSchema.parse(row);
      return { ...place, ...optional('engine', engine) };
    });
}

function onEngines(connection: Connection, workspaceId: WorkspaceId, release: ReleaseId): EnginePlaced[] {
  return placings(connection, workspaceId, release).flatMap(({ cell, engine, digest }) =>
    engine === null ? [] : [{ ...optional('cell', cell), engine, imageId: digest }],
  );
}

function placings({ sql }: Connection, workspaceId: WorkspaceId, release: ReleaseId): Placing[] {
  return sql(
    `SELECT at, ${columns('cell', 'engine', 'repository', 'tag', 'digest')} FROM run_events
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
