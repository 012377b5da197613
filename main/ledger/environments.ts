import type { Ledger } from '#main/core/ports/ledger.ts';
import {
  type EnvironmentState,
  environmentStateSchema,
  type Hold,
  holdSchema,
} from '#shared/domain/environment-state.ts';
import type { EnvironmentName, ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import { environmentNameSchema, envSnapshotIdSchema, runIdSchema } from '#shared/domain/ids.ts';
import { type RunOutcome, runOutcomeSchema } from '#shared/domain/outcome.ts';
import type { Connection } from './connection.ts';
import { lastSeq } from './events.ts';
import { rebuild, removeHold, writeHold } from './projections.ts';
import { optional } from './rows.ts';

const stateRowSchema = environmentStateSchema
  .omit({ isUnverified: true })
  .extend({ envSnapshot: envSnapshotIdSchema.nullable(), outcome: runOutcomeSchema })
  .transform(
    ({ envSnapshot, outcome, ...state }): EnvironmentState => ({
      ...state,
      ...optional('envSnapshot', envSnapshot),
      ...(outcome === 'unverified' ? { isUnverified: true } : {}),
    }),
  );
const outcomeOf = '(SELECT state FROM runs WHERE runs.id = environment_state.run)';
const stateColumns = `workspace AS workspaceId, environment, release, env_snapshot AS envSnapshot, run AS runId, at, ${outcomeOf} AS outcome`;

const holdRowSchema = holdSchema
  .extend({ runId: runIdSchema.nullable() })
  .transform(({ runId, ...hold }): Hold => ({ ...hold, ...optional('runId', runId) }));

export function createEnvironments(connection: Connection): Ledger['environments'] {
  const { read, write } = connection;
  return {
    state: (workspaceId, environment) => read(() => history(connection, workspaceId, environment, 1)[0]),
    history: (workspaceId, environment, limit) =>
      read(() => history(connection, workspaceId, environment, limit)),
    known: (workspaceId) => read(() => known(connection, workspaceId)),
    wasLeft: (workspaceId, environment, release) =>
      read(() => wasLeft(connection, workspaceId, environment, release)),
    hold: (workspaceId, environment) => read(() => holdOn(connection, workspaceId, environment)),
    putHold: (workspaceId, environment, hold) =>
      write(() => putHold(connection, workspaceId, environment, hold)),
    liftHold: (workspaceId, environment, by) =>
      write(() => liftHold(connection, workspaceId, environment, by ?? '')),
    rebuild: () => write(() => rebuild(connection)),
  };
}

function history(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
  limit: number,
): readonly EnvironmentState[] {
  return sql(
    `SELECT ${stateColumns} FROM environment_state WHERE workspace = ? AND environment = ? ORDER BY seq DESC LIMIT ?`,
  )
    .all(workspaceId, environment, limit)
    .map((row) => stateRowSchema.parse(row));
}

const isBad: ReadonlySet<RunOutcome> = new Set(['failed', 'errored', 'interrupted']);

function wasLeft(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
  release: ReleaseId,
): 'seen' | 'unverified' | undefined {
  const outcomes = sql(
    `SELECT ${outcomeOf} FROM environment_state INDEXED BY environment_state_by_release
     WHERE workspace = ? AND environment = ? AND release = ?`,
  )
    .pluck()
    .all(workspaceId, environment, release);
  const ended = outcomes.map((outcome) => runOutcomeSchema.parse(outcome)).filter((one) => !isBad.has(one));
  if (ended.length === 0) return undefined;
  return ended.some((outcome) => outcome !== 'unverified') ? 'seen' : 'unverified';
}

function known({ sql }: Connection, workspaceId: WorkspaceId): readonly EnvironmentName[] {
  return sql('SELECT DISTINCT environment FROM environment_state WHERE workspace = ? ORDER BY environment')
    .pluck()
    .all(workspaceId)
    .map((name) => environmentNameSchema.parse(name));
}

function holdOn(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
): Hold | undefined {
  const row = sql(
    'SELECT reason, by, at, run AS runId FROM environment_hold WHERE workspace = ? AND environment = ?',
  ).get(workspaceId, environment);
  return row === undefined ? undefined : holdRowSchema.parse(row);
}

function putHold(
  connection: Connection,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
  hold: Hold,
): void {
  insertHoldEvent(connection, workspaceId, environment, { ...hold });
  writeHold(connection, workspaceId, environment, hold);
}

function liftHold(
  connection: Connection,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
  by: string,
): void {
  if (holdOn(connection, workspaceId, environment) === undefined) return;
  insertHoldEvent(connection, workspaceId, environment, { by, at: connection.now() });
  removeHold(connection, workspaceId, environment);
}

function insertHoldEvent(
  connection: Connection,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
  { at, by, reason, runId }: Omit<Hold, 'reason'> & Partial<Pick<Hold, 'reason'>>,
): void {
  connection
    .sql(
      'INSERT INTO hold_events (workspace, environment, after_seq, at, by, reason, run) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    .run(workspaceId, environment, lastSeq(connection), at, by, reason ?? null, runId ?? null);
}
