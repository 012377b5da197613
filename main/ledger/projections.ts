import * as z from 'zod';
import type { Hold } from '#shared/domain/environment-state.ts';
import {
  type EnvironmentName,
  environmentNameSchema,
  runIdSchema,
  type WorkspaceId,
  workspaceIdSchema,
} from '#shared/domain/ids.ts';
import type { RecordedEvent, RunEventOf } from '#shared/domain/run-events.ts';
import { foldRun, type RunView, toSummary } from '#shared/domain/run-reducer.ts';
import type { Connection } from './connection.ts';
import { eventsOf } from './events.ts';
import { rebuildPins } from './pins.ts';
import { optional } from './rows.ts';

/*
 * What is folded from the facts: a run's row for lists, what each environment runs, and its hold; in pins.ts also what
 * is pinned. Live appends and `rebuild` go through the same functions; a test compares the two.
 */

type FoldedColumns = {
  readonly kind: string;
  readonly environment: string | null;
  readonly release: string | null;
  readonly state: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly summary: string;
};

function foldedColumns(view: RunView): FoldedColumns {
  return {
    kind: view.kind,
    environment: view.environment ?? null,
    release: view.release ?? null,
    state: view.state,
    startedAt: view.startedAt,
    endedAt: view.endedAt ?? null,
    summary: JSON.stringify(toSummary(view)),
  };
}

export function updateRun({ sql }: Connection, view: RunView): void {
  const row = foldedColumns(view);
  sql(
    'UPDATE runs SET kind = ?, environment = ?, release = ?, state = ?, started_at = ?, ended_at = ?, summary = ? WHERE id = ?',
  ).run(row.kind, row.environment, row.release, row.state, row.startedAt, row.endedAt, row.summary, view.id);
}

/** What an ended run means for its environment. A build has none. */
export function applyEnd(connection: Connection, view: RunView, end: RecordedEvent): void {
  if (end.event.kind !== 'run-ended' || view.environment === undefined) return;
  const { leaves, hold } = end.event;
  if (leaves !== undefined) insertState(connection, view.workspaceId, view.environment, end, leaves);
  if (hold === undefined) return;
  const { reason, by = view.by.name } = hold;
  writeHold(connection, view.workspaceId, view.environment, {
    reason,
    by,
    at: end.at,
    runId: view.id,
  });
}

function insertState(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
  { seq, runId, at }: RecordedEvent,
  leaves: NonNullable<RunEventOf<'run-ended'>['leaves']>,
): void {
  sql(
    'INSERT INTO environment_state (workspace, environment, seq, run, release, env_snapshot, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  ).run(workspaceId, environment, seq, runId, leaves.release, leaves.envSnapshot ?? null, at);
}

export function writeHold(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
  { reason, by, at, runId }: Hold,
): void {
  sql(
    `INSERT INTO environment_hold (workspace, environment, reason, by, at, run) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET reason = excluded.reason, by = excluded.by, at = excluded.at, run = excluded.run`,
  ).run(workspaceId, environment, reason, by, at, runId ?? null);
}

export function removeHold(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
): void {
  sql('DELETE FROM environment_hold WHERE workspace = ? AND environment = ?').run(workspaceId, environment);
}

/** Within a transaction: writes every projection anew. */
export function rebuild(connection: Connection): void {
  const { sql } = connection;
  sql('DELETE FROM environment_state').run();
  sql('DELETE FROM environment_hold').run();
  const ends: { readonly view: RunView; readonly end: RecordedEvent }[] = [];
  for (const runId of sql('SELECT id FROM runs ORDER BY id').pluck().all()) {
    const events = eventsOf(connection, runIdSchema.parse(runId), 0);
    const view = foldRun(events);
    if (view === undefined) continue;
    updateRun(connection, view);
    const end = events.find(({ event }) => event.kind === 'run-ended');
    if (end !== undefined) ends.push({ view, end });
  }
  replayHolds(
    connection,
    ends.sort((left, right) => left.end.seq - right.end.seq),
  );
  rebuildPins(connection);
}

const holdEventSchema = z.object({
  workspace: workspaceIdSchema,
  environment: environmentNameSchema,
  afterSeq: z.number(),
  at: z.number(),
  by: z.string(),
  reason: z.string().nullable(),
  run: runIdSchema.nullable(),
});
type HoldEvent = z.infer<typeof holdEventSchema>;

/** Ends of runs and what people did about holds, in the order in which they happened. */
function replayHolds(
  connection: Connection,
  ends: readonly { readonly view: RunView; readonly end: RecordedEvent }[],
): void {
  const people = connection
    .sql(
      'SELECT workspace, environment, after_seq AS afterSeq, at, by, reason, run FROM hold_events ORDER BY id',
    )
    .all()
    .map((row) => holdEventSchema.parse(row));
  let next = 0;
  const replayPeopleUpTo = (seq: number): void => {
    for (let act = people[next]; act !== undefined && act.afterSeq < seq; act = people[next]) {
      replayPerson(connection, act);
      next += 1;
    }
  };
  for (const { view, end } of ends) {
    replayPeopleUpTo(end.seq);
    applyEnd(connection, view, end);
  }
  replayPeopleUpTo(Number.POSITIVE_INFINITY);
}

function replayPerson(
  connection: Connection,
  { workspace, environment, at, by, reason, run }: HoldEvent,
): void {
  if (reason === null) removeHold(connection, workspace, environment);
  else writeHold(connection, workspace, environment, { reason, by, at, ...optional('runId', run) });
}
