import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { type Connection, createConnection } from '#main/ledger/connection.ts';
import { createEnvSnapshots } from '#main/ledger/env-snapshots.ts';
import { createEnvironments } from '#main/ledger/environments.ts';
import { createEvents } from '#main/ledger/events.ts';
import { createLeases } from '#main/ledger/leases.ts';
import { createLogs } from '#main/ledger/logs.ts';
import { createPins } from '#main/ledger/pins.ts';
import { createReleases } from '#main/ledger/releases.ts';
import { createRemovals } from '#main/ledger/removals.ts';
import { createRuns } from '#main/ledger/runs.ts';
import { createWorkspaces } from '#main/ledger/workspaces.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import { dev, freshLedger, releaseA, snapshot1 } from './scaffold.ts';

const runId = runIdSchema.parse(1);

/** How SQLite answers each statement that `work` runs. */
function plansOf(
  work: (connection: Connection, workspaceId: ReturnType<typeof freshLedger>['workspaceId']) => void,
) {
  const { ledger, path, workspaceId } = freshLedger();
  ledger.close();
  const db = new Database(path);
  const texts = new Set<string>();
  const real = createConnection(db, path, () => 0, 100);
  const sql: Connection['sql'] = (text) => {
    texts.add(text);
    return real.sql(text);
  };
  work({ ...real, sql }, workspaceId);
  const plans = [...texts].flatMap((text) => {
    // Values do not matter: the ledger keeps no statistics.
    const literal = text.replaceAll(/\?|@\w+/g, "'x'");
    return db
      .prepare(`EXPLAIN QUERY PLAN ${literal}`)
      .all()
      .map((row) => (row as { detail: string }).detail);
  });
  db.close();
  return plans;
}

const list =
  (filter: object) =>
  (connection: Connection, workspaceId: ReturnType<typeof freshLedger>['workspaceId']) => {
    createRuns(connection).list({ workspaceId, limit: 50, ...filter });
  };

describe('a hot question is answered by an index', () => {
  it.each<[string, Parameters<typeof plansOf>[0], readonly string[]]>([
    ['the history', list({}), ['runs_by_workspace (workspace=?)']],
    ['its next page', list({ before: runId }), ['runs_by_workspace (workspace=? AND rowid<?)']],
    [
      'of an environment',
      list({ environment: dev }),
      ['runs_by_environment (workspace=? AND environment=?)'],
    ],
    ['of a kind', list({ kind: 'build' }), ['runs_by_kind (workspace=? AND kind=?)']],
    ['of an outcome', list({ state: 'failed' }), ['runs_by_state (workspace=? AND state=?)']],
    ['of a release', list({ release: releaseA }), ['runs_by_release (workspace=? AND release=?)']],
    ['unfinished runs', (c) => createRuns(c).unfinished(), ['runs_unfinished']],
    ['a repeated request', (c, w) => createRuns(c).byRequest(w, 'x'), ['(workspace=? AND request_id=?)']],
    [
      'the last duration',
      (c, w) => createRuns(c).lastDuration(w, 'deploy', dev),
      ['runs_succeeded (workspace=? AND environment=? AND kind=?)'],
    ],
    ['a run', (c) => createRuns(c).get(runId), ['SEARCH runs USING INTEGER PRIMARY KEY']],
    ['a run’s events', (c) => createRuns(c).events(runId, 3), ['(run=? AND n>?)']],
    [
      'new events',
      (c, w) => createEvents(c).after(w, 1, 9),
      ['run_events_by_workspace (workspace=? AND rowid>?)'],
    ],
    ['a lease', (c, w) => createLeases(c).get(w, dev), ['(workspace=? AND scope=?)']],
    [
      'the queue of builds',
      (c, w) => createLeases(c).queue(w),
      ['(workspace=? AND scope=?)', '(workspace=? AND scope>? AND scope<?)'],
    ],
    ['a heartbeat', (c) => createLeases(c).heartbeat(runId, 1, 1), ['(run=?)']],
    [
      'the state',
      (c, w) => createEnvironments(c).state(w, dev),
      ['PRIMARY KEY (workspace=? AND environment=?)'],
    ],
    [
      'whether it ran',
      (c, w) => createEnvironments(c).wasLeft(w, dev, releaseA),
      ['environment_state_by_release'],
    ],
    [
      'the hold',
      (c, w) => createEnvironments(c).hold(w, dev),
      ['PRIMARY KEY (workspace=? AND environment=?)'],
    ],
    ['a release', (c, w) => createReleases(c).get(w, releaseA), ['(workspace=? AND id=?)']],
    ['a release by hash', (c, w) => createReleases(c).byHash(w, 'x'), ['(workspace=? AND full_hash=?)']],
    [
      'the number of releases',
      (c, w) => createReleases(c).count(w),
      ['USING COVERING INDEX releases_by_time (workspace=?)'],
    ],
    ['the releases', (c, w) => createReleases(c).list(w, 5), ['releases_by_time (workspace=?)']],
    [
      'the environments known',
      (c, w) => createEnvironments(c).known(w),
      ['environment_state_by_release (workspace=?)'],
    ],
    ['the pins', (c, w) => createPins(c).list(w), ['release_pin USING PRIMARY KEY (workspace=?)']],
    [
      'removals of images',
      (c) => createRemovals(c).since(9),
      ['run_events USING INTEGER PRIMARY KEY (rowid>?)', 'run_events_of_removals (run=?)'],
    ],
    ['an env snapshot', (c) => createEnvSnapshots(c).get(snapshot1), ['(id=?)']],
    [
      'lines of a log',
      (c) => createLogs(c).read(runId, 5, 5),
      ['(run=? AND first_n>? AND first_n<?)', '(run=? AND first_n<?)'],
    ],
    ['the length of a log', (c) => createLogs(c).count(runId), ['(run=?)']],
    ['recent workspaces', (c) => createWorkspaces(c).recent(5), ['workspaces_by_opening']],
  ])('%s', (_case, work, expected) => {
    const plans = plansOf(work).filter((plan) => plan !== 'SCALAR SUBQUERY 1');
    for (const part of expected) expect(plans.join('\n')).toContain(part);
    for (const plan of plans) expect(plan).not.toMatch(/TEMP B-TREE|^SCAN (?!.*USING (COVERING )?INDEX)/);
  });

  it('since a time, without reading the runs before', () => {
    expect(plansOf(list({ since: 5 })).join('\n')).toContain('runs_by_start (workspace=? AND started_at>?)');
  });
});
