import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ports } from '#main/core/context.ts';
import type { Ledger } from '#main/core/ports.ts';
import { createRecovery } from '#main/core/recovery.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { ProcessIdentity } from '#shared/domain/processes.ts';
import type { RunEvent, RunEventOf } from '#shared/domain/run-events.ts';
import { middleEvent, runRequested } from '#test/unit/domain/arbitrary-run.ts';
import {
  ada,
  dev,
  freshLedger,
  otherOwner,
  prod,
  quickFolder,
  requestOf,
  type Scaffold,
  take,
} from '#test/unit/ledger/scaffold.ts';

const staleAfterMs = 15_000;

type World = {
  readonly now: number;
  readonly isOwnerAlive: boolean;
  readonly end: (child: ProcessIdentity) => Promise<void>;
  /** Of an engine that is there. */
  readonly untag?: (ref: string, signal?: AbortSignal) => Promise<void>;
  readonly sleep?: (ms: number) => Promise<void>;
  /** The ledger is busy once, when this run's end is to be written. */
  readonly isBusyAtEndOf?: RunId;
};

/** Recovery with a real ledger, on a machine where neither the workspace's folder nor an engine is left. */
function recoveryIn({ ledger }: Scaffold, world: World) {
  const gone = () => Promise.reject(new Error('it is gone'));
  let busy = world.isBusyAtEndOf;
  const appendAll: Ledger['runs']['appendAll'] = (runId, token, at, events) => {
    if (runId !== busy || !events.some(({ kind }) => kind === 'run-ended'))
      return ledger.runs.appendAll(runId, token, at, events);
    busy = undefined;
    throw new GantryError('ledger-busy', 'The ledger is busy.', 'Try again.');
  };
  const isAlive = ({ pid }: ProcessIdentity) => pid === otherOwner.pid || world.isOwnerAlive;
  const ports = {
    ledger: { ...ledger, runs: { ...ledger.runs, appendAll } },
    leaseStaleAfterMs: staleAfterMs,
    clock: { now: () => world.now, monotonic: () => world.now, sleep: world.sleep ?? forever },
    processes: { self: () => otherOwner, isAlive, end: world.end },
    secrets: { redactor: () => ({ learn: () => {}, redact: String, redactDeep: <T>(value: T) => value }) },
    engine: {
      removeContainers: () => (world.untag === undefined ? gone() : Promise.resolve(0)),
      untag: world.untag ?? gone,
    },
    workspaces: { load: gone },
    // The rest belongs to planning and running.
  } as unknown as Ports;
  return createRecovery(ports, () => {});
}

const build = {
  id: 'build',
  title: '',
  detail: '',
  repeatable: true,
  changes: false,
  timeoutMs: 1,
  action: { image: 'shop', cells: ['PY=3.11', 'PY=3.12'] },
};

function beginBuild(scaffold: Scaffold) {
  const { workspaceId } = scaffold;
  return begin(scaffold, { kind: 'run-requested', workspaceId, run: 'build', steps: [build], by: ada }, []);
}

function begin(
  { ledger, workspaceId }: Scaffold,
  first: RunEventOf<'run-requested'>,
  then: readonly RunEvent[],
) {
  const request = {
    ...requestOf(workspaceId, {}),
    scope: first.environment ?? ('#build' as const),
    event: first,
  };
  const answer = ledger.runs.request(request);
  if (answer.kind !== 'taken') throw new Error(`not taken but ${answer.kind}`);
  if (then.length > 0) ledger.runs.appendAll(answer.runId, answer.token, 2_000, then);
  return { ...answer, request };
}

const ends = () => Promise.resolve();
const forever = () => new Promise<void>(() => {});
const never = () => Promise.reject(new Error('not permitted'));

describe('a run whose process died, whatever it had done', () => {
  test('is closed without a guess at success, and its lease can be taken', async () => {
    const scaffold = freshLedger(quickFolder());
    const { ledger, workspaceId } = scaffold;
    const history = fc.tuple(
      runRequested(workspaceId),
      fc.array(middleEvent, { maxLength: 12 }),
      fc.constantFrom(ends, never),
    );
    await fc.assert(
      fc.asyncProperty(history, async ([first, then, end]) => {
        const { runId, token, request } = begin(scaffold, first, then);
        const recovery = recoveryIn(scaffold, { now: 1e6, isOwnerAlive: false, end });
        expect(await recovery.recoverAll()).toEqual([runId]);
        expect(ledger.runs.get(runId)).toMatchObject({ state: 'interrupted', recovered: true });
        expect(ledger.leases.get(workspaceId, request.scope)).toBeUndefined();
        // Should the dead one wake up, it finds that it has lost.
        expect(() =>
          ledger.runs.append(runId, token, 3_000, { kind: 'cancel-requested', by: ada }),
        ).toThrow();
        const next = ledger.runs.request({ ...request, requestId: `after-${runId}` });
        expect(next.kind).toBe('taken');
        expect(await recovery.recoverAll()).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });

  test.each<[string, number, boolean]>([
    ['its owner lives, however old the heartbeat', 1e9, true],
    ['its heartbeat is young, whatever the process table says', 1_000 + staleAfterMs, false],
  ])('is left alone while %s', async (_case, now, isOwnerAlive) => {
    const scaffold = freshLedger();
    const [first] = fc.sample(runRequested(scaffold.workspaceId), { numRuns: 1, seed: 7 });
    if (first === undefined) throw new Error('no sample');
    const { runId } = begin(scaffold, first, []);
    expect(await recoveryIn(scaffold, { now, isOwnerAlive, end: ends }).recoverAll()).toEqual([]);
    expect(scaffold.ledger.runs.get(runId)?.state).toBe('running');
  });

  test('is closed by the process that took it over, where its ledger was busy just then, and keeps no other', async () => {
    const scaffold = freshLedger();
    const [one, other] = [dev, prod].map(
      (environment) => take(scaffold.ledger, scaffold.workspaceId, { environment }).runId,
    );
    const world = { now: 1e6, isOwnerAlive: false, end: ends };
    const recovery = recoveryIn(scaffold, one === undefined ? world : { ...world, isBusyAtEndOf: one });
    expect([await recovery.recoverAll(), await recovery.recoverAll()]).toEqual([[other], [one]]);
  });

  test('says which process it could not end', async () => {
    const scaffold = freshLedger();
    const [first] = fc.sample(runRequested(scaffold.workspaceId), { numRuns: 1, seed: 7 });
    if (first === undefined) throw new Error('no sample');
    const child = { bootId: 'b', pid: 4_711, startTime: '1' };
    const { runId } = begin(scaffold, first, [
      { kind: 'child-started', step: 'up', child, what: 'docker compose' },
    ]);
    await recoveryIn(scaffold, { now: 1e6, isOwnerAlive: false, end: never }).recover(runId);
    const [line] = scaffold.ledger.logs.read(runId, 1, 10);
    expect(line?.text).toContain('Process 4711 (docker compose) could not be ended');
  });

  test('takes back the names of every cell that a build may have left, though gantry.yml is gone', async () => {
    const scaffold = freshLedger();
    const { runId } = beginBuild(scaffold);
    const untagged: string[] = [];
    const untag = (ref: string) => {
      untagged.push(ref);
      return ref.endsWith('3.11') ? Promise.reject(new Error('busy')) : Promise.resolve();
    };
    await recoveryIn(scaffold, { now: 1e6, isOwnerAlive: false, end: ends, untag }).recover(runId);
    expect(untagged).toEqual([`shop:gantry-run-${runId}-py3.11`, `shop:gantry-run-${runId}-py3.12`]);
    expect(scaffold.ledger.runs.get(runId)?.state).toBe('interrupted');
  });

  test('is closed although the engine does not answer when it is to take them back', async () => {
    const scaffold = freshLedger();
    const { runId } = beginBuild(scaffold);
    const given: (AbortSignal | undefined)[] = [];
    const untag = (_ref: string, signal?: AbortSignal) => {
      given.push(signal);
      return new Promise<void>(() => {});
    };
    const sleep = async (ms: number) => {
      if (ms < 30_000) return;
      await expect.poll(() => given.length).toBe(2);
    };
    await recoveryIn(scaffold, { now: 1e6, isOwnerAlive: false, end: ends, untag, sleep }).recover(runId);
    expect(given.map((signal) => signal?.aborted)).toEqual([true, true]);
    expect(scaffold.ledger.runs.get(runId)?.state).toBe('interrupted');
  });
});
