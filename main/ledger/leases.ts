import * as z from 'zod';
import type { Advance, LeaseScope, Ledger, WaitingScope } from '#main/core/ports/ledger.ts';
import { type Lease, leaseSchema } from '#shared/domain/environment-state.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import { type ProcessIdentity, processIdentitySchema } from '#shared/domain/processes.ts';
import { actorSchema } from '#shared/domain/run-events.ts';
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
    // Asked often by one that waits, so the write lock is only asked for when it seems to be its turn.
    advance: (runId, token, at) => {
      const seen = connection.read(() => placeOf(connection, runId, token));
      return seen.ahead.length > 0
        ? { kind: 'behind', leases: seen.ahead }
        : connection.write(() => advance(connection, runId, token, at));
    },
    queue: (workspaceId) => connection.read(() => buildQueue(connection, workspaceId)),
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

export function isWaiting(scope: LeaseScope): scope is WaitingScope {
  return scope.startsWith('#waiting:');
}

/** Who makes or removes images first, then those that wait for it in the order in which they asked. */
export function buildQueue(connection: Connection, workspaceId: WorkspaceId): readonly Lease[] {
  const holder = leaseOn(connection, workspaceId, '#build');
  // `;` is the character after `:`, so this is every scope that begins so.
  const waiting = connection
    .sql(
      `SELECT ${columns} FROM environment_lease WHERE workspace = ? AND scope > '#waiting:build:' AND scope < '#waiting:build;'`,
    )
    .all(workspaceId)
    .map((row) => rowSchema.parse(row))
    .sort((one, other) => one.runId - other.runId);
  return holder === undefined ? waiting : [holder, ...waiting];
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

/** Places in the queue count with what they wait for: tokens rise over both, and no place leaves a counter behind. */
export function nextToken({ sql }: Connection, workspaceId: WorkspaceId, scope: LeaseScope): number {
  const token = sql(
    'INSERT INTO lease_tokens (workspace, scope, last) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last',
  )
    .pluck()
    .get(workspaceId, isWaiting(scope) ? '#build' : scope);
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

type Place = {
  readonly workspaceId: WorkspaceId;
  readonly scope: LeaseScope;
  readonly ahead: readonly Lease[];
};

/** Of a run that waits, or does no longer. */
function placeOf(connection: Connection, runId: RunId, token: number): Place {
  const row = connection
    .sql('SELECT workspace, scope, token FROM environment_lease WHERE run = ?')
    .get(runId);
  const place = placeSchema.extend({ token: z.number() }).optional().parse(row);
  if (place?.token !== token) throw takenOver(runId);
  const { workspace: workspaceId, scope } = place;
  if (!isWaiting(scope)) return { workspaceId, scope, ahead: [] };
  const queue = buildQueue(connection, workspaceId);
  return {
    workspaceId,
    scope,
    ahead: queue.slice(
      0,
      queue.findIndex((lease) => lease.runId === runId),
    ),
  };
}

function advance(connection: Connection, runId: RunId, token: number, at: number): Advance {
  const { workspaceId, scope, ahead } = placeOf(connection, runId, token);
  if (ahead.length > 0) return { kind: 'behind', leases: ahead };
  if (!isWaiting(scope)) return { kind: 'taken', token };
  const next = nextToken(connection, workspaceId, '#build');
  connection
    .sql(
      "UPDATE environment_lease SET scope = '#build', token = ?, taken_at = ?, heartbeat_at = ? WHERE run = ?",
    )
    .run(next, at, at, runId);
  connection.sql("UPDATE runs SET scope = '#build', token = ? WHERE id = ?").run(next, runId);
  return { kind: 'taken', token: next };
}

/** Whoever holds an older token of a run may do nothing more for it. */
export function takenOver(runId: RunId): GantryError {
  return new GantryError(
    'environment-busy',
    `Run ${runId} was taken over by another process.`,
    'This process has stopped working on it; follow the run in the history.',
  );
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
