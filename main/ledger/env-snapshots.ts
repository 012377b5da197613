import * as z from 'zod';
import type { EnvSnapshotRow, Ledger } from '#main/core/ports/ledger.ts';
import {
  type EnvSnapshotId,
  environmentNameSchema,
  envSnapshotIdSchema,
  timeSchema,
  workspaceIdSchema,
} from '#shared/domain/ids.ts';
import type { Connection } from './connection.ts';
import { jsonOf } from './rows.ts';

const rowSchema = z.object({
  id: envSnapshotIdSchema,
  workspaceId: workspaceIdSchema,
  environment: environmentNameSchema,
  takenAt: timeSchema,
  fingerprints: jsonOf(z.record(z.string(), z.string())),
  sealed: z.instanceof(Uint8Array),
});

export function createEnvSnapshots(connection: Connection): Ledger['envSnapshots'] {
  return {
    // The run that it is taken for is on the disk when it is asked for, and everything before it with it.
    put: (row) => connection.writeSoon(() => put(connection, row)),
    get: (id) => connection.read(() => get(connection, id)),
  };
}

function put({ sql }: Connection, row: EnvSnapshotRow): void {
  sql(
    'INSERT INTO env_snapshots (id, workspace, environment, taken_at, fingerprints, sealed) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
  ).run(row.id, row.workspaceId, row.environment, row.takenAt, JSON.stringify(row.fingerprints), row.sealed);
}

function get({ sql }: Connection, id: EnvSnapshotId): EnvSnapshotRow | undefined {
  const row = sql(
    'SELECT id, workspace AS workspaceId, environment, taken_at AS takenAt, fingerprints, sealed FROM env_snapshots WHERE id = ?',
  ).get(id);
  return row === undefined ? undefined : rowSchema.parse(row);
}
