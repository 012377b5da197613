import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Ledger } from '#main/core/ports/ledger.ts';
import type { EnvironmentName, ReleaseId, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { RunEvent, RunEventOf } from '#shared/domain/run-events.ts';
import { environmentName, middleEvent, releaseId, runEnded, runRequested } from '../domain/arbitrary-run.ts';
import {
  ada,
  dev,
  end,
  finish,
  freshLedger,
  open,
  otherOwner,
  owner,
  prod,
  quickFolder,
  releaseA,
  staleAfterMs,
  take,
} from './scaffold.ts';

/** One thing that people and processes may do to a ledger. A run is named by its place among those taken. */
type Act =
  | { readonly kind: 'request'; readonly event: RunEventOf<'run-requested'> }
  | { readonly kind: 'append'; readonly run: number; readonly event: RunEvent }
  | { readonly kind: 'end'; readonly run: number; readonly event: RunEventOf<'run-ended'> }
  | { readonly kind: 'cancel'; readonly run: number }
  | { readonly kind: 'take-over'; readonly run: number }
  | { readonly kind: 'put-hold'; readonly environment: EnvironmentName; readonly reason: string }
  | { readonly kind: 'lift-hold'; readonly environment: EnvironmentName }
  | { readonly kind: 'pin'; readonly release: ReleaseId; readonly note: string | undefined }
  | { readonly kind: 'unpin'; readonly release: ReleaseId };

const run = fc.nat({ max: 5 });

function acts(workspaceId: WorkspaceId): fc.Arbitrary<readonly Act[]> {
  const act: fc.Arbitrary<Act> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('request'), event: runRequested(workspaceId) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('append'), run, event: middleEvent }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('end'), run, event: runEnded }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel'), run }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('take-over'), run }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('put-hold'),
        environment: environmentName,
        reason: fc.string({ maxLength: 5 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('lift-hold'), environment: environmentName }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('pin'),
        release: releaseId,
        note: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('unpin'), release: releaseId }) },
  );
  return fc.array(act, { maxLength: 40 });
}

function play(ledgers: readonly Ledger[], workspaceId: WorkspaceId, history: readonly Act[]): void {
  const taken: { readonly runId: RunId; token: number; hasEnded: boolean }[] = [];
  for (const [index, act] of history.entries()) {
    // Two processes in turn: what one of them remembers of a run is old when it is its turn again.
    const ledger = ledgers[index % ledgers.length];
    if (ledger === undefined) throw new Error('no ledger');
    const at = 1000 + index;
    const running = 'run' in act ? taken[act.run] : undefined;
    switch (act.kind) {
      case 'request': {
        const answer = ledger.runs.request({
          workspaceId,
          requestId: `request-${index}`,
          scope: act.event.environment ?? '#build',
          owner,
          by: ada,
          reason: '',
          at,
          staleAfterMs,
          isOwnerAlive: () => true,
          event: act.event,
        });
        if (answer.kind === 'taken') taken.push({ ...answer, hasEnded: false });
        break;
      }
      case 'append':
      case 'end':
        if (running === undefined || running.hasEnded) break;
        ledger.runs.append(running.runId, running.token, at, act.event);
        running.hasEnded = act.kind === 'end';
        break;
      case 'cancel':
        if (running !== undefined) ledger.runs.requestCancel(running.runId, at, ada);
        break;
      case 'take-over':
        if (running === undefined) break;
        running.token =
          ledger.leases.takeOver(running.runId, otherOwner, at + 1e9, staleAfterMs, () => false) ??
          running.token;
        break;
      case 'put-hold':
        ledger.environments.putHold(workspaceId, act.environment, { reason: act.reason, by: 'ada', at });
        break;
      case 'lift-hold':
        ledger.environments.liftHold(workspaceId, act.environment, 'bob');
        break;
      case 'pin': {
        const { release, note } = act;
        ledger.pins.put(workspaceId, { release, at, by: 'ada', ...(note === undefined ? {} : { note }) });
        break;
      }
      case 'unpin':
        ledger.pins.remove(workspaceId, act.release, 'bob');
        break;
    }
  }
}

const projections = ['runs', 'environment_state', 'environment_hold', 'environment_lease', 'release_pin'];

/** Every row of every table that is, or points to, a projection. */
function dump(path: string): Record<string, readonly unknown[]> {
  const db = new Database(path, { readonly: true });
  const rows = projections.map((table) => [table, db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all()]);
  db.close();
  return Object.fromEntries(rows);
}

/** Spoils every projection, so that a rebuild which did nothing would be seen. */
function spoil(path: string): void {
  const db = new Database(path);
  db.exec(`
    DELETE FROM environment_state;
    DELETE FROM environment_hold;
    DELETE FROM release_pin;
    INSERT INTO release_pin SELECT id, 'r-000000', 1, 'nobody', NULL FROM workspaces;
    INSERT INTO environment_hold SELECT id, 'dev', 'spoiled', 'nobody', 1, NULL FROM workspaces;
    UPDATE runs SET state = 'spoiled', summary = '{}', release = 'r-000000', environment = NULL, ended_at = 1, started_at = 1, kind = '';
  `);
  db.close();
}

describe('rebuilding', () => {
  it('gives what was there, whatever happened', () => {
    const { ledger, path, workspaceId, another } = freshLedger(quickFolder());
    const ledgers = [ledger, another()];
    fc.assert(
      fc.property(acts(workspaceId), (history) => {
        clear(path);
        play(ledgers, workspaceId, history);
        const live = dump(path);
        spoil(path);
        ledger.environments.rebuild();
        expect(dump(path)).toEqual(live);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps the order of a run’s hold and a person’s lifting of it', () => {
    const { ledger, path, workspaceId } = freshLedger();
    const holding = { hold: { reason: 'unhealthy' } };
    finish(ledger, workspaceId, { environment: dev }, holding);
    ledger.environments.liftHold(workspaceId, dev);
    ledger.environments.rebuild();
    expect(ledger.environments.hold(workspaceId, dev)).toBeUndefined();
    const runId = finish(ledger, workspaceId, { environment: dev }, holding);
    spoil(path);
    ledger.environments.rebuild();
    expect(ledger.environments.hold(workspaceId, dev)?.runId).toBe(runId);
  });

  it('keeps that order also where a run that began earlier ends later elsewhere', () => {
    const { ledger, workspaceId } = freshLedger();
    const slow = take(ledger, workspaceId, { environment: dev });
    finish(ledger, workspaceId, { environment: prod }, { hold: { reason: 'unhealthy' } });
    ledger.environments.liftHold(workspaceId, prod);
    ledger.runs.append(slow.runId, slow.token, 9000, end());
    ledger.environments.rebuild();
    expect(ledger.environments.hold(workspaceId, prod)).toBeUndefined();
  });

  it('leaves a running run usable', () => {
    const { ledger, path, workspaceId } = freshLedger();
    finish(ledger, workspaceId, { environment: dev }, { leaves: { release: releaseA } });
    spoil(path);
    open(path).environments.rebuild();
    expect(ledger.environments.state(workspaceId, dev)?.release).toBe(releaseA);
    expect(ledger.runs.list({ workspaceId, limit: 5 })).toHaveLength(1);
  });
});

/** Back to an empty ledger, which the append-only triggers would not allow. */
function clear(path: string): void {
  const db = new Database(path);
  db.pragma('foreign_keys = OFF');
  const triggers = z
    .array(z.object({ name: z.string(), sql: z.string() }))
    .parse(db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all());
  db.transaction(() => {
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
    for (const table of [...projections, 'run_events', 'hold_events', 'pin_events', 'lease_tokens'])
      db.exec(`DELETE FROM ${table}`);
    for (const { sql } of triggers) db.exec(sql);
  })();
  db.close();
}
