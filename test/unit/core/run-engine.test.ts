import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ports } from '#main/core/context.ts';
import type { Ledger, Settled, StepOutput } from '#main/core/ports.ts';
import { createRunEngine, type RunEngine } from '#main/core/run-engine.ts';
import type { RunScript } from '#main/core/run-script.ts';
import type { RunStep } from '#main/core/run-step.ts';
import { createClock } from '#main/host/clock.ts';
import { createCommands } from '#main/host/commands.ts';
import { createProcessTable } from '#main/host/process-table.ts';
import { openLedger } from '#main/ledger/open.ts';
import { createSecrets } from '#main/secrets/secrets.ts';
import { commandLines } from '#main/targets/command-lines.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { RunEvent } from '#shared/domain/run-events.ts';
import { foldRun, type RunView } from '#shared/domain/run-reducer.ts';
import { prod, sampleRelease } from './samples.ts';

const release = sampleRelease('b').id;
const by = { name: 'mo', shell: 'cli' as const };

let folder: string;
let ledger: Ledger;
let ports: Ports;
let engine: RunEngine;
let workspaceId: WorkspaceId;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-run-engine-'));
  const clock = createClock();
  const processes = createProcessTable();
  ledger = openLedger({ path: join(folder, 'ledger.db'), now: clock.now, appVersion: 'test' });
  workspaceId = ledger.workspaces.opened(folder, 'chatbot', clock.now());
  // The engine of a run needs these four; the rest of the ports belongs to planning.
  ports = {
    clock,
    processes,
    ledger,
    commands: createCommands({ processes }),
    secrets: createSecrets({ home: folder, homeFolder: folder, env: {} }),
  } as unknown as Ports;
  engine = createRunEngine(ports, () => undefined, { firstMs: 20, random: () => 0 });
});

afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

type Apply = (signal: AbortSignal) => AsyncIterable<StepOutput>;

async function* ends(
  outcome: 'succeeded' | 'failed',
  detail = outcome as string,
): AsyncGenerator<StepOutput> {
  yield { kind: 'end', outcome, detail };
}

function step(id: string, apply: Apply, changes = false, timeoutMs = 5_000): RunStep {
  const planned = { id, title: id, detail: '', action: null, repeatable: true, changes, timeoutMs };
  return { planned, apply: ({ signal }) => apply(signal) };
}

function request(steps: readonly RunStep[]): { runId: RunId; token: number } {
  const answer = ledger.runs.request({
    workspaceId,
    requestId: `request-${Math.random()}`,
    scope: prod,
    owner: ports.processes.self(),
    by,
    reason: 'test',
    at: ports.clock.now(),
    staleAfterMs: 1_000,
    isOwnerAlive: () => true,
    event: {
      kind: 'run-requested',
      workspaceId,
      run: 'deploy',
      environment: prod,
      release,
      steps: steps.map(({ planned }) => planned),
      by,
    },
  });
  if (answer.kind !== 'taken') throw new Error(`not taken: ${answer.kind}`);
  return answer;
}

function script(steps: readonly RunStep[], changes: Partial<RunScript> = {}): RunScript {
  return {
    ...request(steps),
    redactor: ports.secrets.redactor(),
    steps,
    succeed: (details) => ({ summary: details.join(', '), leaves: { release } }),
    ...changes,
  };
}

function viewOf(runId: RunId): RunView {
  const view = foldRun(ledger.runs.events(runId));
  if (view === undefined) throw new Error('the run has no events');
  return view;
}

async function run(steps: readonly RunStep[], changes: Partial<RunScript> = {}): Promise<RunView> {
  const wanted = script(steps, changes);
  await engine.execute(wanted);
  return viewOf(wanted.runId);
}

const wayBackTo = (steps: readonly RunStep[]) => async () => ({ release: sampleRelease('a').id, steps });

const busy = new GantryError('ledger-busy', 'The ledger is busy.', 'Try again.');

/** From now on the ledger is busy when such an event is to be written for the first time. */
function busyAt(kind: RunEvent['kind']): void {
  let wasBusy = false;
  const matters = (...[, , , events]: Parameters<Ledger['runs']['appendAll']>) => {
    const isFirst = !wasBusy && events.some((event) => event.kind === kind);
    wasBusy ||= isFirst;
    return isFirst;
  };
  const { appendAll, appendAllSoon } = ledger.runs;
  const runs = {
    ...ledger.runs,
    appendAll: failingOnce(appendAll, matters),
    appendAllSoon: failingOnce(appendAllSoon, matters),
  };
  engine = createRunEngine({ ...ports, ledger: { ...ledger, runs } }, () => undefined);
}

/** The same, but that the first call that matters finds the ledger busy. */
function failingOnce<Args extends readonly unknown[], T>(
  work: (...args: Args) => T,
  matters: (...args: Args) => boolean,
): (...args: Args) => T {
  let hasFailed = false;
  return (...args) => {
    if (hasFailed || !matters(...args)) return work(...args);
    hasFailed = true;
    throw busy;
  };
}

describe('a run', () => {
  test('that succeeds leaves its release and frees the environment', async () => {
    const view = await run([
      step('one', () => ends('succeeded', 'healthy')),
      step('two', () => ends('succeeded', 'verified')),
    ]);
    expect(view).toMatchObject({ state: 'succeeded', summary: 'healthy, verified', stepsDone: 2 });
    expect(ledger.environments.state(workspaceId, prod)?.release).toBe(release);
    expect(ledger.leases.get(workspaceId, prod)).toBeUndefined();
  });

  test('that nobody can verify is never a success, nor is the way back by such a step', async () => {
    async function* triggered(): AsyncGenerator<StepOutput> {
      yield { kind: 'end', outcome: 'succeeded', detail: 'triggered', isUnverified: true };
    }
    const view = await run([step('one', triggered, true), step('two', () => ends('succeeded', 'asked'))]);
    expect(view).toMatchObject({ state: 'unverified', summary: 'triggered, asked' });
    expect(ledger.environments.state(workspaceId, prod)).toMatchObject({ release, isUnverified: true });
    const failing = [step('one', () => ends('succeeded'), true), step('two', () => ends('failed', 'sick'))];
    const back = await run(failing, { wayBack: wayBackTo([step('back', triggered, true)]) });
    expect(back).toMatchObject({
      state: 'unverified',
      summary: expect.stringContaining('cannot be verified'),
    });
  });

  test('whose afterthought fails has succeeded all the same, and says what failed', async () => {
    const view = await run([
      step('one', () => ends('succeeded', 'built')),
      { ...step('two', () => ends('failed', 'not removed')), isAfterthought: true },
      step('three', () => ends('succeeded', 'told')),
    ]);
    expect(view).toMatchObject({ state: 'succeeded', summary: 'built, not removed, told' });
    expect(view.steps.map(({ state }) => state)).toEqual(['succeeded', 'failed', 'succeeded']);
  });

  test('that is cancelled in its afterthought is cancelled', async () => {
    const waits: Apply = async function* (signal) {
      await ports.clock.sleep(5_000, signal);
      yield { kind: 'end', outcome: 'succeeded', detail: 'too late' };
    };
    const wanted = script([{ ...step('one', waits), isAfterthought: true }]);
    const done = engine.execute(wanted);
    engine.cancel(wanted.runId);
    await done;
    expect(viewOf(wanted.runId).state).toBe('cancelled');
  });

  test('records an event only where what was asked of the ledger holds', async () => {
    const [planned] = [step('one', () => ends('succeeded')).planned];
    const facts = { step: 'one', release, digests: [], names: [], manifests: [] };
    const asked: RunStep = {
      planned,
      async *apply({ recordIf }) {
        const answers = [true, false].map((holds) =>
          recordIf({ kind: 'image-removing', ...facts }, () => holds),
        );
        yield { kind: 'end', outcome: 'succeeded', detail: answers.join() };
      },
    };
    const view = await run([asked]);
    expect(view.summary).toBe('true,false');
    const kinds = ledger.runs.events(view.id).map(({ event }) => event.kind);
    expect(kinds.filter((kind) => kind === 'image-removing')).toHaveLength(1);
  });

  test('that fails skips what follows and leaves the state alone', async () => {
    const view = await run([
      step('one', () => ends('failed', 'port taken')),
      step('two', () => ends('succeeded'), true),
    ]);
    expect(view.state).toBe('failed');
    expect(view.steps.map((one) => one.state)).toEqual(['failed', 'skipped']);
    expect(ledger.environments.state(workspaceId, prod)).toBeUndefined();
    expect(ledger.leases.get(workspaceId, prod)).toBeUndefined();
  });

  test('goes back when a step fails after something changed', async () => {
    const view = await run(
      [step('start', () => ends('succeeded'), true), step('wait', () => ends('failed', 'unhealthy'))],
      {
        wayBack: wayBackTo([step('back-start', () => ends('succeeded'), true)]),
      },
    );
    expect(view).toMatchObject({ state: 'rolled-back', summary: 'unhealthy; back on r-aaaaaa' });
    expect(view.steps.at(-1)).toMatchObject({ id: 'back-start', isRollback: true, state: 'succeeded' });
  });

  describe('whose release is watched after it arrived', () => {
    const arrived = { release };
    const holdAfterGoingBack: RunScript['holdAfterGoingBack'] = (why, fromWatch) => ({
      reason: `${fromWatch}: ${why}`,
      by: 'Gantry',
    });
    const watched = (apply: Apply): RunStep[] => [
      step('start', () => ends('succeeded', 'up'), true),
      { ...step('watch', apply), isWatch: true },
    ];
    const wayBack = wayBackTo([step('back-start', () => ends('succeeded'), true)]);

    test('goes back when it is lost, and holds the environment', async () => {
      const steps = watched(() => ends('failed', 'lost'));
      const view = await run(steps, { arrived, holdAfterGoingBack, wayBack });
      expect(view).toMatchObject({ state: 'rolled-back', summary: 'lost; back on r-aaaaaa' });
      expect(ledger.environments.hold(workspaceId, prod)).toMatchObject({
        reason: `true: Run ${view.id} went back by itself: lost`,
        by: 'Gantry',
        runId: view.id,
      });
      expect(ledger.environments.state(workspaceId, prod)).toBeUndefined();
    });

    test('says so where going back failed, and holds all the same', async () => {
      const failing = wayBackTo([step('back-start', () => ends('failed', 'no'), true)]);
      const steps = watched(() => ends('failed', 'lost'));
      const view = await run(steps, { arrived, holdAfterGoingBack, wayBack: failing });
      expect(view.state).toBe('failed');
      expect(ledger.environments.hold(workspaceId, prod)?.reason).toBe(
        `true: Run ${view.id} could not go back: lost`,
      );
    });

    test.each<['failed' | 'errored', RunScript['wayBack']]>([
      ['failed', undefined],
      ['errored', wayBack],
    ])('%s: stays on it, where nothing takes it back', async (outcome, back) => {
      const steps = watched(async function* () {
        yield { kind: 'end', outcome, detail: 'who knows' };
      });
      const changes = back === undefined ? {} : { wayBack: back };
      const view = await run(steps, { arrived, holdAfterGoingBack, ...changes });
      expect(view).toMatchObject({ state: outcome, leaves: arrived });
      expect(ledger.environments.state(workspaceId, prod)?.release).toBe(release);
      expect(ledger.environments.hold(workspaceId, prod)).toBeUndefined();
    });

    test('is told apart from one that never came up', async () => {
      const steps = [step('start', () => ends('failed', 'no'), true), ...watched(() => ends('succeeded'))];
      const view = await run(steps, {
        holdAfterGoingBack: (_, fromWatch) => (fromWatch ? { reason: 'x' } : undefined),
        wayBack,
      });
      expect(view.state).toBe('rolled-back');
      expect(ledger.environments.hold(workspaceId, prod)).toBeUndefined();
    });
  });

  test('does not go back when nothing was changed yet', async () => {
    let asked = false;
    const view = await run(
      [step('look', () => ends('failed')), step('start', () => ends('succeeded'), true)],
      {
        wayBack: async () => {
          asked = true;
          return undefined;
        },
      },
    );
    expect(view.state).toBe('failed');
    expect(asked).toBe(false);
  });

  test('never calls itself rolled back when going back failed', async () => {
    const view = await run([step('start', () => ends('failed', 'no'), true)], {
      wayBack: wayBackTo([
        step('back', () => ends('failed', 'no again'), true),
        step('look', () => ends('succeeded')),
      ]),
    });
    expect(view).toMatchObject({ state: 'failed', summary: 'no; going back failed too: no again' });
    expect(view.steps.at(-1)).toMatchObject({ id: 'look', state: 'skipped' });
  });

  const gone = new GantryError('engine-unreachable', 'The engine is gone.', 'Start it.');
  /** Its tries end so, one after the other, the last of them from then on. */
  function tries(ends: readonly (StepOutput | Error)[], changes: Partial<PlannedStep> = {}) {
    let count = 0;
    const apply: Apply = async function* () {
      const end = ends[Math.min(count, ends.length - 1)];
      count += 1;
      if (end instanceof Error) throw end;
      if (end !== undefined) yield end;
    };
    const { planned } = step('one', apply, true);
    return {
      step: { planned: { ...planned, ...changes }, apply: () => apply(new AbortController().signal) },
      count: () => count,
    };
  }
  const done: StepOutput = { kind: 'end', outcome: 'succeeded', detail: 'done' };

  test('tries a repeatable step again that could not find out, and says so', async () => {
    const one = tries([gone, done]);
    const view = await run([one.step]);
    expect(view).toMatchObject({ state: 'succeeded', summary: 'done (try 2)', steps: [{ attempt: 2 }] });
    const retried = ledger.runs.events(view.id).filter(({ event }) => event.kind === 'step-retried');
    expect(retried.map(({ event }) => event)).toEqual([
      { kind: 'step-retried', step: 'one', attempt: 2, of: 3, why: 'The engine is gone.', waitMs: 10 },
    ]);
  });

  test.each<[string, StepOutput | Error, Partial<PlannedStep>, number]>([
    ['as often as it may', gone, {}, 3],
    ['as often as its plan says', gone, { tries: 2 }, 2],
    ['once where it may not be repeated', gone, { repeatable: false, tries: 5 }, 1],
    ['once where it watches', gone, { lastsMs: 10 }, 1],
    ['once where the answer was no', { kind: 'end', outcome: 'failed', detail: 'no' }, {}, 1],
    ['once where Gantry made a mistake', new TypeError('oops'), {}, 1],
  ])('tries a step %s', async (_how, end, changes, count) => {
    const one = tries([end], changes);
    const view = await run([one.step]);
    expect([view.state, one.count()]).toEqual([end === gone ? 'errored' : expect.anything(), count]);
    if (end === gone) expect(view.error?.code).toBe('engine-unreachable');
  });

  test('tries a step no longer than its time', async () => {
    const one = tries([gone], { tries: 100, timeoutMs: 150 });
    expect(await run([one.step])).toMatchObject({
      state: 'errored',
      error: { code: 'engine-unreachable' },
    });
    // At 0, 10, 30, 70 and 150 ms at the earliest; on a busy machine later, and so less often.
    expect(one.count()).toBeGreaterThan(1);
    expect(one.count()).toBeLessThanOrEqual(5);
  });

  test('does not try again what was told to stop and could not find out whether it did', async () => {
    let count = 0;
    const unconfirmed: Apply = async function* (signal) {
      count += 1;
      await sleep(60_000, undefined, { signal }).catch(() => undefined);
      yield { kind: 'end', outcome: 'errored', detail: 'it may go on' };
    };
    const wanted = script([step('one', unconfirmed, true)]);
    const over = engine.execute(wanted);
    await expect.poll(() => count).toBe(1);
    engine.cancel(wanted.runId);
    await over;
    expect(viewOf(wanted.runId)).toMatchObject({ state: 'errored', summary: 'it may go on' });
    const kinds = ledger.runs.events(wanted.runId).map(({ event }) => event.kind);
    expect([count, kinds.includes('step-retried')]).toEqual([1, false]);
  });

  test('is cancelled while it waits for the next try', async () => {
    const slow = createRunEngine(ports, () => undefined, { firstMs: 60_000, random: () => 0 });
    const wanted = script([tries([gone]).step]);
    const over = slow.execute(wanted);
    await expect.poll(() => viewOf(wanted.runId).steps[0]?.attempt).toBe(2);
    slow.cancel(wanted.runId);
    await over;
    expect(viewOf(wanted.runId)).toMatchObject({ state: 'cancelled', steps: [{ state: 'cancelled' }] });
  });

  test.each<[string, number, object]>([
    [
      'that is cancelled says what the target confirmed',
      5_000,
      { state: 'cancelled', summary: 'dep-1 stopped' },
    ],
    [
      'whose time is over is errored, though the target confirmed that it stopped',
      30,
      { state: 'errored', summary: 'No end after 0 s, so it was stopped: dep-1 stopped' },
    ],
  ])('%s', async (_what, timeoutMs, expected) => {
    const confirms: Apply = async function* (signal) {
      await sleep(60_000, undefined, { signal }).catch(() => undefined);
      yield { kind: 'end', outcome: 'cancelled', detail: 'dep-1 stopped' };
    };
    const wanted = script([step('one', confirms, true, timeoutMs)]);
    const over = engine.execute(wanted);
    if (timeoutMs > 1_000) engine.cancel(wanted.runId);
    await over;
    expect(viewOf(wanted.runId)).toMatchObject(expected);
  });

  test('that could not find out is errored, not failed', async () => {
    const unreachable = async function* (): AsyncGenerator<StepOutput> {
      yield { kind: 'progress', text: 'asking' };
      throw new GantryError('engine-unreachable', 'The engine is gone.', 'Start it.');
    };
    const view = await run([step('one', unreachable)]);
    expect(view).toMatchObject({ state: 'errored', error: { code: 'engine-unreachable' } });
  });

  test('with a step that says nothing about its end is errored', async () => {
    const silent = async function* (): AsyncGenerator<StepOutput> {
      yield { kind: 'progress', text: 'working' };
    };
    expect(await run([step('one', silent)])).toMatchObject({ state: 'errored', error: { code: 'internal' } });
  });

  test('stops a step that outlives its time', async () => {
    const endless: Apply = async function* (signal) {
      await sleep(60_000, undefined, { signal });
      yield { kind: 'end', outcome: 'succeeded', detail: 'never' };
    };
    const view = await run([step('slow', endless, false, 50)]);
    expect(view.steps[0]).toMatchObject({ state: 'errored' });
    expect(view.steps[0]?.text).toContain('so it was stopped');
  });

  test('a cancel asked for in another process stops it, and it goes back', async () => {
    const endless: Apply = async function* (signal) {
      await sleep(60_000, undefined, { signal });
      yield { kind: 'end', outcome: 'succeeded', detail: 'never' };
    };
    const wanted = script([step('wait', endless, true)], {
      wayBack: wayBackTo([step('back', () => ends('succeeded'), true)]),
    });
    const done = engine.execute(wanted);
    await sleep(50);
    expect(ledger.runs.requestCancel(wanted.runId, ports.clock.now(), by)).toBe(true);
    await done;
    expect(viewOf(wanted.runId)).toMatchObject({
      state: 'cancelled',
      summary: 'Cancelled; back on r-aaaaaa',
    });
    expect(engine.active()).toEqual([]);
  });

  test('that is cancelled and stays says what runs there now', async () => {
    const endless: Apply = async function* (signal) {
      await sleep(60_000, undefined, { signal });
      yield { kind: 'end', outcome: 'succeeded', detail: 'never' };
    };
    const observed: Observed = { kind: 'empty', at: 1 };
    const look = async () => ({ observed, words: 'prod runs nothing' });
    const wanted = script([step('wait', endless, true)], { look });
    const done = engine.execute(wanted);
    engine.cancel(wanted.runId);
    await done;
    expect(viewOf(wanted.runId)).toMatchObject({
      state: 'cancelled',
      summary: 'Cancelled; prod runs nothing',
      observed,
    });
  });

  describe('that stops for good where old and new are side by side', () => {
    const before: Settled = { kind: 'before', did: 'web-2 removed' };
    const release_: Settled = { kind: 'release', did: 'web-1 stopped' };
    const left: Settled = {
      kind: 'left',
      error: { code: 'engine-unreachable', message: 'Both may serve.', hint: 'Remove one.' },
    };
    const leaves = { release };

    /** Cancelled in the moment between its first step and its second. */
    async function cancelledBetween(
      settled: Settled | Error,
      { more = {}, later = [] }: { more?: Partial<RunScript>; later?: readonly RunStep[] } = {},
    ) {
      const asked: string[] = [];
      const settling = (one: RunStep): RunStep => ({
        ...one,
        async *settle({ signal }) {
          asked.push(one.planned.id);
          expect(signal.aborted).toBe(false);
          yield { kind: 'line', source: 'gantry', level: 'note', text: 'sorting out' };
          if (settled instanceof Error) throw settled;
          return settled;
        },
      });
      const wanted = script(
        [
          settling(
            step(
              'start',
              async function* () {
                await sleep(1);
                engine.cancel(wanted.runId);
                yield { kind: 'end', outcome: 'succeeded', detail: 'started' };
              },
              true,
            ),
          ),
          ...[step('wait', () => ends('succeeded')), ...later].map(settling),
        ],
        { arrived: leaves, ...more },
      );
      await engine.execute(wanted);
      return { view: viewOf(wanted.runId), asked, runId: wanted.runId };
    }

    test('leaves one of them, says which, and what it says is in its log', async () => {
      const { view, asked, runId } = await cancelledBetween(before, {
        more: { look: async () => ({ observed: { kind: 'empty', at: 1 }, words: 'prod runs web' }) },
      });
      expect(asked).toEqual(['start']);
      expect(view).toMatchObject({
        state: 'cancelled',
        summary: 'Cancelled; web-2 removed; prod runs web',
        keeps: 'before',
      });
      expect(ledger.logs.read(runId, 1, 9).map(({ text }) => text)).toEqual(['sorting out']);
      expect(ledger.environments.state(workspaceId, prod)).toBeUndefined();
    });

    test('leaves the release in the environment where it is what stayed, and nothing more was to change', async () => {
      const { view } = await cancelledBetween(release_);
      expect(view).toMatchObject({ keeps: 'release', leaves, summary: 'Cancelled; web-1 stopped' });
      expect(ledger.environments.state(workspaceId, prod)?.release).toBe(release);
      const half = await cancelledBetween(release_, {
        later: [step('us-start', () => ends('succeeded'), true)],
      });
      expect(half.view.keeps).toBe('release');
      expect(half.view.leaves).toBeUndefined();
    });

    test.each<[string, Settled | Error]>([
      ['cannot be sorted out', left],
      ['cannot even be asked', new GantryError('engine-unreachable', 'Both may serve.', 'Remove one.')],
    ])('names what is left and how to clean up where that %s', async (_what, settled) => {
      const { view } = await cancelledBetween(settled);
      expect(view).toMatchObject({
        state: 'cancelled',
        summary: 'Cancelled; Both may serve. Remove one.',
        error: { code: 'engine-unreachable', hint: 'Remove one.' },
      });
      expect([view.keeps, view.leaves]).toEqual([undefined, undefined]);
    });

    test('is not touched where it goes back, nor by one who lost the lease', async () => {
      const wayBack = wayBackTo([step('back', () => ends('succeeded'), true)]);
      expect((await cancelledBetween(before, { more: { wayBack } })).asked).toEqual([]);
      const leases = { ...ledger.leases, heartbeat: () => false };
      ports = { ...ports, ledger: { ...ledger, leases } };
      engine = createRunEngine(ports, () => undefined);
      expect((await cancelledBetween(before)).asked).toEqual([]);
    });
  });

  describe('whose way back fails where old and new are side by side', () => {
    /** The start succeeds, then something fails; the way back fails as it is planned, or in its only step. */
    async function backFails({ start, back }: { readonly start: Settled; readonly back?: Settled }) {
      const asked: string[] = [];
      const settling = (one: RunStep, settled: Settled): RunStep => ({
        ...one,
        async *settle() {
          asked.push(one.planned.id);
          yield { kind: 'progress', text: 'sorting out' };
          return settled;
        },
      });
      const view = await run(
        [
          settling(
            step('start', () => ends('succeeded'), true),
            start,
          ),
          step('wait', () => ends('failed', 'no')),
        ],
        {
          arrived: { release },
          wayBack: async () => {
            if (back === undefined) throw new GantryError('secret-unresolved', 'No secret.', 'Give it.');
            const failing = step('back', () => ends('failed', 'no again'), true);
            return { release: sampleRelease('a').id, steps: [settling(failing, back)] };
          },
        },
      );
      return { view, asked };
    }

    test('one of them stays although the way back is not even known', async () => {
      const { view, asked } = await backFails({ start: { kind: 'before', did: 'web-2 removed' } });
      const summary = 'no; going back failed too: No secret; web-2 removed';
      expect(view).toMatchObject({ state: 'failed', summary, keeps: 'before' });
      expect(asked).toEqual(['start']);
    });

    test('what ran before stays where the way back was nearly there', async () => {
      const { view, asked } = await backFails({
        start: { kind: 'nothing' },
        back: { kind: 'release', did: 'web-2 stopped' },
      });
      const summary = 'no; going back failed too: no again; web-2 stopped';
      expect(view).toMatchObject({ state: 'failed', summary, keeps: 'before' });
      expect([asked, view.leaves]).toEqual([['back'], undefined]);
    });

    test('the wished release stays where the way back had not come far, and it is all that is well', async () => {
      const { view, asked } = await backFails({
        start: { kind: 'release', did: 'web-1 stopped' },
        back: { kind: 'before' },
      });
      expect(view).toMatchObject({ state: 'failed', keeps: 'release', leaves: { release } });
      expect(asked).toEqual(['back', 'start']);
    });

    test('what is left is named', async () => {
      const error = { code: 'target-refused' as const, message: 'Both may serve.', hint: 'Remove one.' };
      const { view, asked } = await backFails({ start: { kind: 'before' }, back: { kind: 'left', error } });
      expect(view.summary).toBe('no; going back failed too: no again; Both may serve. Remove one.');
      expect([asked, view.keeps]).toEqual([['back'], undefined]);
    });
  });

  test.each<[string, string]>([
    ['Port 80 is in use already.', 'Port 80 is in use already; back on r-aaaaaa'],
    ['Waiting for web...', 'Waiting for web...; back on r-aaaaaa'],
  ])('goes on after a sentence: %s', async (detail, summary) => {
    const wayBack = wayBackTo([step('back', () => ends('succeeded'), true)]);
    expect(await run([step('start', () => ends('failed', detail), true)], { wayBack })).toMatchObject({
      summary,
    });
  });

  test('that lost its lease writes nothing more, and cleans up nothing', async () => {
    const wanted = script([step('one', () => ends('succeeded'))]);
    let cleaned = 0;
    const cleanUp = async () => {
      cleaned += 1;
    };
    await engine.execute({ ...wanted, token: wanted.token + 1, cleanUp });
    expect(ledger.runs.events(wanted.runId).map(({ event }) => event.kind)).toEqual(['run-requested']);
    busyAt('step-started');
    await engine.execute({ ...wanted, token: wanted.token + 1, cleanUp });
    expect([cleaned, viewOf(wanted.runId).state]).toEqual([0, 'running']);
  });

  describe('whose ledger is busy for a moment', () => {
    test('ends as its steps ended, where that was known', async () => {
      busyAt('run-ended');
      const view = await run([step('up', () => ends('succeeded', 'up'), true)]);
      expect(view).toMatchObject({ state: 'succeeded', summary: 'up', steps: [{ state: 'succeeded' }] });
      expect(ledger.environments.state(workspaceId, prod)?.release).toBe(release);
    });

    test('stops where its steps could not say how they ended, and cleans up all the same', async () => {
      busyAt('step-ended');
      let atCleanUp: RunView['state'] | undefined;
      const wanted = script([step('one', () => ends('succeeded')), step('two', () => ends('succeeded'))], {
        // A command that waits for the run's end is gone a moment later.
        cleanUp: async () => {
          atCleanUp = viewOf(wanted.runId).state;
        },
      });
      await engine.execute(wanted);
      expect([atCleanUp, viewOf(wanted.runId)]).toMatchObject([
        'running',
        {
          state: 'errored',
          summary: 'The ledger could not be written, so the run stopped: The ledger is busy.',
        },
      ]);
    });
  });

  test('waits for the disk before something changes and when it has ended, and at no other time', async () => {
    const onDisk: string[] = [];
    const appendAll: Ledger['runs']['appendAll'] = (run, token, at, events) => {
      const last = events.at(-1);
      onDisk.push(last === undefined || !('step' in last) ? `${last?.kind}` : `${last.kind} ${last.step}`);
      return ledger.runs.appendAll(run, token, at, events);
    };
    const waiting = { ...ports, ledger: { ...ledger, runs: { ...ledger.runs, appendAll } } };
    engine = createRunEngine(waiting, () => undefined);
    const seen: number[] = [];
    const telling = async function* (): AsyncGenerator<StepOutput> {
      yield { kind: 'progress', text: 'on its way' };
      yield* ends('succeeded');
    };
    const wanted = script([
      step('look', telling),
      step('change', telling, true),
      step('wait', () => {
        seen.push(viewOf(wanted.runId).steps.filter(({ startedAt }) => startedAt !== undefined).length);
        return telling();
      }),
    ]);
    await engine.execute(wanted);
    expect(onDisk).toEqual(['step-started change', 'run-ended']);
    // Everybody else saw at once that it had begun.
    expect(seen).toEqual([3]);
  });

  test('keeps what it learned to hide out of log and events', async () => {
    const redactor = ports.secrets.redactor();
    redactor.learn(['hunter2-hunter2']);
    const leaky = async function* (): AsyncGenerator<StepOutput> {
      yield { kind: 'line', source: 'web', level: 'out', text: 'password hunter2-hunter2' };
      yield { kind: 'end', outcome: 'failed', detail: 'refused hunter2-hunter2' };
    };
    const wanted = script([step('one', leaky)], { redactor });
    await engine.execute(wanted);
    expect(ledger.logs.read(wanted.runId, 1, 10).map((line) => line.text)).toEqual(['password [redacted]']);
    expect(JSON.stringify(ledger.runs.events(wanted.runId))).not.toContain('hunter2');
  });

  test('cleans up however it ended', async () => {
    let cleaned = 0;
    const cleanUp = async () => {
      cleaned += 1;
    };
    await run([step('one', () => ends('succeeded'))], { cleanUp });
    await run([step('one', () => ends('failed'))], { cleanUp });
    expect(cleaned).toBe(2);
  });

  test('goes back only when the program of a step whose output could not be written has ended', async () => {
    const { logs } = ledger;
    const append = failingOnce(logs.append, () => true);
    ports = { ...ports, ledger: { ...ledger, logs: { ...logs, append } } };
    engine = createRunEngine(ports, () => undefined);
    const signals: AbortSignal[] = [];
    const up: RunStep = {
      planned: step('up', () => ends('succeeded'), true).planned,
      async *apply({ signal, commands }) {
        signals.push(signal);
        const lines = commandLines(commands, {
          // Its line comes after a silence, so that it is written at once.
          argv: ['sh', '-c', 'sleep 0.2; echo pulling; sleep 30'],
          cwd: folder,
          env: { PATH: process.env.PATH ?? '' },
          signal,
        });
        for (;;) {
          const next = await lines.next();
          if (next.done === true) break;
          yield { kind: 'line', source: 'compose', level: 'out', text: next.value.text };
        }
        yield { kind: 'end', outcome: 'succeeded', detail: 'up' };
      },
    };
    let atBack: RunView | undefined;
    const back = step('back', async function* () {
      atBack = viewOf(wanted.runId);
      yield { kind: 'end', outcome: 'succeeded', detail: 'back' };
    });
    const wanted = script([up], { wayBack: wayBackTo([back]) });
    await engine.execute(wanted);
    expect(viewOf(wanted.runId)).toMatchObject({ state: 'rolled-back', error: { code: 'ledger-busy' } });
    expect([atBack?.children, signals.map(({ aborted }) => aborted)]).toEqual([[], [true]]);
  });

  test('ends although its cleaning up does not, which is told to stop and named', async () => {
    const { clock } = ports;
    const sleep: Ports['clock']['sleep'] = (ms, signal) => clock.sleep(ms === 30_000 ? 20 : ms, signal);
    engine = createRunEngine({ ...ports, clock: { ...clock, sleep } }, () => undefined);
    const signals: AbortSignal[] = [];
    const view = await run([step('one', () => ends('succeeded'))], {
      cleanUp: (signal) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    expect([view.state, signals.map(({ aborted }) => aborted)]).toEqual(['succeeded', [true]]);
    expect(ledger.logs.read(view.id, 1, 9).map(({ text }) => text)).toEqual([
      'Cleaning up failed: it did not end within 30 s',
    ]);
  });

  test('records the processes that its steps start', async () => {
    const commands = step('sleep', () => ends('succeeded'));
    const view = await run([
      {
        planned: commands.planned,
        apply: async function* (context) {
          const result = await context.commands.run({
            argv: ['true'],
            cwd: folder,
            env: { PATH: process.env.PATH ?? '' },
            signal: context.signal,
          });
          yield { kind: 'end', outcome: result.exitCode === 0 ? 'succeeded' : 'failed', detail: 'ran' };
        },
      },
    ]);
    const kinds = ledger.runs.events(view.id).map(({ event }) => event.kind);
    expect(kinds).toEqual([
      'run-requested',
      'step-started',
      'child-started',
      'child-ended',
      'step-ended',
      'run-ended',
    ]);
    expect(view.children).toEqual([]);
  });
});
