import * as z from 'zod';
import type { LeaseScope, Ledger } from '#main/core/ports/ledger.ts';
import { type Lease, leaseSchema } from '#shared/domain/environment-state.ts';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import { actorSchema, type ProcessIdentity, processIdentitySchema } from '#shared/domain/run-events.ts';
import type { Connection } from './connection.ts';
import { jsonOf } from './rows.ts';

const rowSchema = leaseSchema.extend({ owner: jsonOf(processIdentitySchema), by: jsonOf(actorSchema) });
const columns = 'run AS runId, owner, by, reason, taken_at AS takenAt, heartbeat_at AS heartbeatAt, token';

/** When a lease's owner counts as gone. */
export type Staleness = {
  readonly at: number;
  readonly staleAfterMs: number;
  readonly isOwnerAlive: (owner: ProcessIdentity) => boolean;
};

export function createLeases(connection: Connection): Ledger['leases'] {
  return {
    get: (workspaceId, scope) => connection.read(() => leaseOn(connection, workspaceId, scope)),
    heartbeat: (runId, token, at) => connection.writeSoon(() => beat(connection, runId, token, at)),
    takeOver: (runId, owner, at, staleAfterMs, isOwnerAlive) =>
      connection.write(() => takeOver(connection, runId, owner, { at, staleAfterMs, isOwnerAlive })),
  };
}

export function leaseOn({ sql }: Connection, workspaceId: WorkspaceId, scope: LeaseScope): Lease | undefined {
  const row = sql(`SELECT ${columns} FROM environment_lease WHERE workspace = ? AND scope = ?`).get(
    workspaceId,
    scope,
  );
  return row === undefined ? undefined : rowSchema.parse(row);
}

function leaseOf({ sql }: Connection, runId: RunId): Lease | undefined {
  const row = sql(`SELECT ${columns} FROM environment_lease WHERE run = ?`).get(runId);
  return row === undefined ? undefined : rowSchema.parse(row);
}

/**
 * The heartbeat is old **and** the process is gone. One from the future is old too: a clock that was set back must not
 * keep a dead process's lease for ever.
 */
export function isAbandoned(lease: Lease, { at, staleAfterMs, isOwnerAlive }: Staleness): boolean {
  return Math.abs(at - lease.heartbeatAt) > staleAfterMs && !isOwnerAlive(lease.owner);
}

export function insertLease(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  scope: LeaseScope,
  lease: Lease,
): void {
  sql(
    'INSERT INTO environment_lease (workspace, scope, run, owner, by, reason, taken_at, heartbeat_at, token) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  ).run(
    workspaceId,
    scope,
    lease.runId,
    JSON.stringify(lease.owner),
    JSON.stringify(lease.by),
    lease.reason,
    lease.takenAt,
    lease.heartbeatAt,
    lease.token,
  );
}

export function releaseLease({ sql }: Connection, runId: RunId): void {
  sql('DELETE FROM environment_lease WHERE run = ?').run(runId);
}

export function nextToken({ sql }: Connection, workspaceId: WorkspaceId, scope: LeaseScope): number {
  const token = sql(
    'INSERT INTO lease_tokens (workspace, scope, last) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last',
  )
    .pluck()
    .get(workspaceId, scope);
  return z.number().parse(token);
}

function beat({ sql }: Connection, runId: RunId, token: number, at: number): boolean {
  const { changes } = sql('UPDATE environment_lease SET heartbeat_at = ? WHERE run = ? AND token = ?').run(
    at,
    runId,
    token,
  );
  return changes === 1;
}

const placeSchema = z.object({ workspace: z.custom<WorkspaceId>(), scope: z.custom<LeaseScope>() });

function takeOver(
  connection: Connection,
  runId: RunId,
  owner: ProcessIdentity,
  staleness: Staleness,
): number | undefined {
  const lease = leaseOf(connection, runId);
  if (lease === undefined || !isAbandoned(lease, staleness)) return undefined;
  const { workspace, scope } = placeSchema.parse(
    connection.sql('SELECT workspace, scope FROM environment_lease WHERE run = ?').get(runId),
  );
  const token = nextToken(connection, workspace, scope);
  connection
    .sql('UPDATE environment_lease SET owner = ?, token = ?, heartbeat_at = ? WHERE run = ?')
    .run(JSON.stringify(owner), token, staleness.at, runId);
  connection.sql('UPDATE runs SET token = ? WHERE id = ?').run(token, runId);
  return token;
}
