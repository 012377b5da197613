import * as z from 'zod';
import type { Ledger, RequestRun, RequestRunAnswer, RunFilter } from '#main/core/ports/ledger.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { EnvironmentName, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import type { RunKind } from '#shared/domain/outcome.ts';
import { type RunSummary, runSummarySchema } from '#shared/domain/run.ts';
import type { Actor, RecordedEvent, RunEvent } from '#shared/domain/run-events.ts';
import { foldRun, type RunView, reduceRun } from '#shared/domain/run-reducer.ts';
import type { Connection } from './connection.ts';
import { checkEvent, eventsOf, insertEvent } from './events.ts';
import {
  buildQueue,
  insertLease,
  isAbandoned,
  isWaiting,
  leaseOn,
  nextToken,
  releaseLease,
  takenOver,
} from './leases.ts';
import { applyEnd, updateRun } from './projections.ts';
import { jsonOf } from './rows.ts';

export function createRuns(connection: Connection): Ledger['runs'] {
  const { read, write, writeSoon } = connection;
  // Views of the unfinished runs this process appends to; what other processes added is folded in at each use.
  const views = new Map<RunId, RunView>();
  const remember = <T>({ view, recorded }: Change<T>): T => {
    if (view.state === 'running') views.set(view.id, view);
    else views.delete(view.id);
    return recorded;
  };
  const appendingAll =
    (transact: Connection['write']): Ledger['runs']['appendAll'] =>
    (runId, token, at, events) => {
      const checked = events.map(checkEvent);
      return remember(transact(() => appendAll(connection, runId, token, at, checked, views.get(runId))));
    };

  return {
    request: (request) => {
      const { view, answer } = write(() => requestRun(connection, request));
      if (view !== undefined) views.set(view.id, view);
      return answer;
    },
    byRequest: (workspaceId, requestId) => read(() => runOf(connection, workspaceId, requestId)),
    append: (runId, token, at, event) => {
      const checked = checkEvent(event);
      return remember(write(() => append(connection, runId, token, at, checked, views.get(runId))));
    },
    appendAll: appendingAll(write),
    appendAllSoon: appendingAll(writeSoon),
    appendIf: (runId, token, at, event, holds) => {
      const checked = checkEvent(event);
      const change = write(() =>
        holds() ? append(connection, runId, token, at, checked, views.get(runId)) : undefined,
      );
      return change && remember(change);
    },
    requestCancel: (runId, at, by) => write(() => requestCancel(connection, runId, at, by)),
    giveUp: (runId, at, by) => write(() => giveUp(connection, runId, at, by)),
    get: (runId) => read(() => summaryOf(connection, runId)),
    events: (runId, afterN = 0) => read(() => eventsOf(connection, runId, afterN)),
    list: (filter) => read(() => list(connection, filter)),
    unfinished: () => read(() => unfinished(connection)),
    lastDuration: (workspaceId, kind, environment) =>
      read(() => lastDuration(connection, workspaceId, kind, environment)),
  };
}

/** An event or several, and the run as they made it. */
type Change<T = RecordedEvent> = { readonly view: RunView; readonly recorded: T };

type Answered = { readonly answer: RequestRunAnswer; readonly view?: RunView };

function requestRun(connection: Connection, request: RequestRun): Answered {
  const { workspaceId, scope, at, owner, by, reason } = request;
  const earlier = runOf(connection, workspaceId, request.requestId);
  if (earlier !== undefined) return { answer: { kind: 'repeated', runId: earlier } };
  // Nobody gets in front of those that wait.
  const held =
    scope === '#build' ? buildQueue(connection, workspaceId)[0] : leaseOn(connection, workspaceId, scope);
  if (held !== undefined) {
    const { runId } = held;
    const isOver = isAbandoned(held, request);
    return { answer: isOver ? { kind: 'abandoned', runId, lease: held } : { kind: 'busy', lease: held } };
  }
  request.check?.();
  const token = nextToken(connection, workspaceId, scope);
  const view = insertRun(connection, request, token);
  const runId = view.id;
  insertLease(connection, workspaceId, scope, {
    runId,
    owner,
    by,
    reason,
    takenAt: at,
    heartbeatAt: at,
    token,
  });
  return { answer: { kind: 'taken', runId, token }, view };
}

function runOf({ sql }: Connection, workspaceId: WorkspaceId, requestId: string): RunId | undefined {
  const id = sql('SELECT id FROM runs WHERE workspace = ? AND request_id = ?')
    .pluck()
    .get(workspaceId, requestId);
  return id === undefined ? undefined : runIdSchema.parse(id);
}

function insertRun(connection: Connection, request: RequestRun, token: number): RunView {
  const { workspaceId, requestId, scope, at, next } = request;
  const event = checkEvent(request.event);
  if (
    event.kind !== 'run-requested' ||
    event.workspaceId !== workspaceId ||
    (event.environment ?? '#build') !== (isWaiting(scope) ? '#build' : scope)
  )
    throw new Error(`a run on ${scope} must begin with a run-requested that says the same`);
  const { lastInsertRowid } = connection
    .sql(
      "INSERT INTO runs (workspace, request_id, scope, token, kind, state, started_at, summary) VALUES (?, ?, ?, ?, ?, 'running', ?, '{}')",
    )
    .run(workspaceId, requestId, scope, token, event.run, at);
  const runId = runIdSchema.parse(Number(lastInsertRowid));
  const requested = foldRun([insertEvent(connection, workspaceId, { runId, n: 1, at, event })]);
  if (requested === undefined) throw new Error(`run ${runId} begins with what begins no run`);
  const view = next === undefined ? requested : record(connection, requested, at, checkEvent(next)).view;
  updateRun(connection, view);
  return view;
}

function append(
  connection: Connection,
  runId: RunId,
  token: number,
  at: number,
  event: RunEvent,
  known: RunView | undefined,
): Change {
  const { view, recorded } = appendAll(connection, runId, token, at, [event], known);
  const [only] = recorded;
  if (only === undefined) throw new Error('nothing was recorded');
  return { view, recorded: only };
}

function appendAll(
  connection: Connection,
  runId: RunId,
  token: number,
  at: number,
  events: readonly RunEvent[],
  known: RunView | undefined,
): Change<readonly RecordedEvent[]> {
  let view = currentView(connection, runId, known);
  const newest = connection.sql('SELECT token FROM runs WHERE id = ?').pluck().get(runId);
  if (token !== newest) throw takenOver(runId);
  const recorded: RecordedEvent[] = [];
  for (const event of events) {
    if (view.state !== 'running') throw new Error(`run ${runId} has ended; ${event.kind} came too late`);
    if (event.kind === 'run-requested') throw new Error(`run ${runId} was already requested`);
    const change = record(connection, view, at, event);
    view = change.view;
    recorded.push(change.recorded);
  }
  updateRun(connection, view);
  return { view, recorded };
}

function requestCancel(connection: Connection, runId: RunId, at: number, by: Actor): boolean {
  const view = currentView(connection, runId, undefined);
  if (view.state !== 'running' || view.isCancelRequested) return false;
  updateRun(connection, record(connection, view, at, checkEvent({ kind: 'cancel-requested', by })).view);
  return true;
}

function giveUp(connection: Connection, runId: RunId, at: number, by: Actor): boolean {
  const view = currentView(connection, runId, undefined);
  if (view.state === 'running' || view.givenUp !== undefined) return false;
  updateRun(connection, record(connection, view, at, checkEvent({ kind: 'run-given-up', by })).view);
  return true;
}

function currentView(connection: Connection, runId: RunId, known: RunView | undefined): RunView {
  const view = foldRun(eventsOf(connection, runId, known?.lastEvent ?? 0), known);
  if (view !== undefined) return view;
  throw new GantryError(
    'run-unknown',
    `There is no run ${runId}.`,
    'See the history for the runs there are.',
  );
}

/** The run's row is updated by who calls. */
function record(connection: Connection, before: RunView, at: number, event: RunEvent): Change {
  const n = before.lastEvent + 1;
  const recorded = insertEvent(connection, before.workspaceId, { runId: before.id, n, at, event });
  const view = reduceRun(before, recorded) ?? before;
  if (event.kind === 'run-ended') {
    applyEnd(connection, view, recorded);
    releaseLease(connection, view.id);
  }
  return { view, recorded };
}

const summaryColumnSchema = jsonOf(runSummarySchema);

function summaryOf({ sql }: Connection, runId: RunId): RunSummary | undefined {
  const text = sql('SELECT summary FROM runs WHERE id = ?').pluck().get(runId);
  return text === undefined ? undefined : summaryColumnSchema.parse(text);
}

function list({ sql }: Connection, filter: RunFilter): readonly RunSummary[] {
  const conditions: readonly (readonly [string, unknown])[] = [
    ['workspace = ?', filter.workspaceId],
    ['id < ?', filter.before],
    ['environment = ?', filter.environment],
    ['kind = ?', filter.kind],
    ['state = ?', filter.state],
    ['release = ?', filter.release],
    ['started_at >= ?', filter.since],
  ];
  const used = conditions.filter(([, value]) => value !== undefined);
  return sql(
    `SELECT summary FROM runs WHERE ${used.map(([text]) => text).join(' AND ')} ORDER BY id DESC LIMIT ?`,
  )
    .pluck()
    .all(...used.map(([, value]) => value), filter.limit)
    .map((text) => summaryColumnSchema.parse(text));
}

function unfinished({ sql }: Connection): readonly RunId[] {
  return sql("SELECT id FROM runs WHERE state = 'running' ORDER BY id")
    .pluck()
    .all()
    .map((id) => runIdSchema.parse(id));
}

function lastDuration(
  { sql }: Connection,
  workspaceId: WorkspaceId,
  kind: RunKind,
  environment: EnvironmentName | undefined,
): number | undefined {
  const duration = sql(
    "SELECT ended_at - started_at FROM runs WHERE workspace = ? AND environment IS ? AND kind = ? AND state = 'succeeded' ORDER BY id DESC LIMIT 1",
  )
    .pluck()
    .get(workspaceId, environment ?? null, kind);
  return z.number().optional().parse(duration);
}
