import { type ErrorDetail, GantryError } from '#shared/domain/errors.ts';
import type { EnvSnapshotId, ReleaseId, RunId } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { RunOutcome } from '#shared/domain/outcome.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { RunEventOf } from '#shared/domain/run-events.ts';
import { heartbeatEveryMs, type Ports } from './context.ts';
import type { Redactor } from './ports.ts';
import { type Backoff, defaultBackoff } from './retry.ts';
import { createRunRecorder, type RunRecorder } from './run-recorder.ts';
import { type RunStep, runStep } from './run-step.ts';
import { endOfThrown, type StepEnd } from './step-failure.ts';

export type WayBack = {
  readonly release: ReleaseId;
  readonly envSnapshot?: EnvSnapshotId;
  readonly steps: readonly RunStep[];
};

/** A run that was requested in the ledger and has yet to happen. */
export type RunScript = {
  readonly runId: RunId;
  readonly token: number;
  readonly redactor: Redactor;
  readonly steps: readonly RunStep[];
  /** Where the environment goes when a step fails after something changed; absent where it should stay as it is. */
  readonly wayBack?: (
    signal: AbortSignal,
    /** Steps of this run that were begun; absent where an earlier run had changed something, too. */
    begun: readonly PlannedStep[] | undefined,
  ) => Promise<WayBack | undefined>;
  /** Called when every step succeeded, with their sentences. */
  readonly succeed: (
    details: readonly string[],
  ) => Pick<RunEventOf<'run-ended'>, 'summary' | 'leaves' | 'hold'>;
  /** What the environment runs once the steps before a watch succeeded, however the watch ends. */
  readonly arrived?: RunEventOf<'run-ended'>['leaves'];
  /** The hold that going back by itself leaves; `fromWatch`: from a release that had arrived. */
  readonly holdAfterGoingBack?: (why: string, fromWatch: boolean) => RunEventOf<'run-ended'>['hold'];
  /** A run that this one goes on with had changed something. */
  readonly hasChangedBefore?: boolean;
  /** What the environment runs now, never rejecting; in words, too. */
  readonly look?: () => Promise<{ readonly observed: Observed; readonly words: string }>;
  /** Removes what only this run needed; runs however the run ended. */
  readonly cleanUp?: () => Promise<void>;
};

/** A run whose process died, taken over: what is left to follow of it, and how it is closed by what was found. */
export type TakenOver = Pick<RunScript, 'runId' | 'token' | 'redactor' | 'steps'> & {
  readonly close: (result: StepsResult, recorder: RunRecorder) => Promise<Ending>;
};

export type RunEngine = {
  /** Resolves when the run has ended; never rejects. */
  execute(script: RunScript): Promise<void>;
  /** As `execute`, for a run that is followed to its end. */
  follow(run: TakenOver): Promise<void>;
  /** The run, if it is ours, stops as soon as its step allows. */
  cancel(runId: RunId): void;
  active(): readonly RunId[];
  /** Resolves when no run is left. */
  idle(): Promise<void>;
  /**
   * This process ends: what is followed may end yet within the grace; all else is left for the next process, which need
   * not wait for a heartbeat to grow old.
   */
  leave(graceMs: number): Promise<void>;
};

export type Ending = Omit<RunEventOf<'run-ended'>, 'kind' | 'recovered'>;

/** How often a run looks whether another process asked it to stop, and writes what its steps said. */
const pulseMs = 100;
const endAttemptEveryMs = 1_000;

export function createRunEngine(
  ports: Ports,
  onRecorded: () => void,
  backoff: Backoff = defaultBackoff,
): RunEngine {
  const active = new Map<RunId, Active>();
  const carry = (run: Conducting, isFollowed: boolean): Promise<void> => {
    const conducted = conduct(ports, run, onRecorded);
    const done = conducted.done.finally(() => active.delete(run.runId));
    active.set(run.runId, { ...conducted, done, isFollowed });
    return done;
  };
  return {
    execute: (script) =>
      carry(
        {
          ...script,
          conduct: async (recorder, signal) => ({
            ...(await attempt({ ports, recorder, backoff }, script, signal)),
            recovered: false,
          }),
        },
        false,
      ),
    follow: (run) =>
      carry(
        {
          ...run,
          conduct: async (recorder, signal) => {
            const result = await runSteps({ ports, recorder, backoff }, run.steps, signal);
            return { ...(await run.close(result, recorder)), recovered: true };
          },
        },
        true,
      ),
    cancel(runId) {
      active.get(runId)?.cancel.abort();
    },
    async leave(graceMs) {
      const followed = [...active.values()].filter(({ isFollowed }) => isFollowed);
      if (followed.length > 0) {
        const grace = new AbortController();
        const over = ports.clock.sleep(graceMs, grace.signal).catch(() => undefined);
        await Promise.race([over, Promise.all(followed.map(({ done }) => done))]);
        grace.abort();
      }
      for (const run of active.values()) run.abandon();
    },
    active: () => [...active.keys()],
    async idle() {
      while (active.size > 0) await Promise.all([...active.values()].map((run) => run.done));
    },
  };
}

type Active = {
  readonly cancel: AbortController;
  readonly done: Promise<void>;
  readonly isFollowed: boolean;
  readonly abandon: () => void;
};

type Conducting = Pick<RunScript, 'runId' | 'token' | 'redactor' | 'steps' | 'cleanUp'> & {
  readonly conduct: (
    recorder: RunRecorder,
    signal: AbortSignal,
  ) => Promise<Ending & Pick<RunEventOf<'run-ended'>, 'recovered'>>;
};

function conduct(ports: Ports, run: Conducting, onRecorded: () => void): Omit<Active, 'isFollowed'> {
  const cancel = new AbortController();
  const recorder = createRunRecorder(ports, run.runId, run.token, run.redactor, onRecorded);
  const pulse = startPulse(ports, run.runId, cancel, recorder);
  const toItsEnd = async () => {
    try {
      const ending = await run.conduct(recorder, cancel.signal);
      // What takes time from here on must not keep anybody from knowing how the steps ended.
      if (run.cleanUp !== undefined) recorder.flush();
      await run.cleanUp?.().catch((error: unknown) => {
        const text = `Cleaning up failed: ${error instanceof Error ? error.message : String(error)}`;
        recorder.line({ step: run.steps.at(-1)?.planned.id ?? '', source: 'gantry', level: 'err', text });
      });
      recorder.append({ kind: 'run-ended', ...ending });
    } catch (error) {
      // Only the recorder throws here. Nothing more may be done that could not be written down.
      cancel.abort();
      await endWhenWritable(ports, { ...run, token: recorder.token() }, error, onRecorded);
    } finally {
      pulse.stop();
      await pulse.stopped;
    }
  };
  return {
    cancel,
    done: toItsEnd(),
    abandon() {
      pulse.stop();
      try {
        ports.ledger.leases.heartbeat(run.runId, recorder.token(), 0);
      } catch {
        // Then the next process waits until the heartbeat is old.
      }
    },
  };
}

/**
 * A ledger that is busy or whose disk is full may be writable again soon, and a run left open would keep its
 * environment for as long as this process lives. So there is no last attempt; where the process ends first, the next one
 * recovers the run.
 */
async function endWhenWritable(
  ports: Ports,
  script: Pick<RunScript, 'runId' | 'token' | 'redactor'>,
  error: unknown,
  onRecorded: () => void,
): Promise<void> {
  const why = error instanceof Error ? error.message : String(error);
  for (let last = error; mayPass(last); ) {
    try {
      const recorder = createRunRecorder(ports, script.runId, script.token, script.redactor, onRecorded);
      const summary = `The ledger could not be written, so the run stopped: ${why}`;
      recorder.append({ kind: 'run-ended', recovered: false, outcome: 'errored', summary });
      return;
    } catch (again) {
      last = again;
      await ports.clock.sleep(endAttemptEveryMs);
    }
  }
}

/** A lost lease does not come back, nor does a ledger that was closed under us. */
function mayPass(error: unknown): boolean {
  return error instanceof GantryError && (error.code === 'ledger-busy' || error.code === 'ledger-read-only');
}

type Conducted = { readonly ports: Ports; readonly recorder: RunRecorder; readonly backoff: Backoff };

async function attempt(run: Conducted, script: RunScript, cancelSignal: AbortSignal): Promise<Ending> {
  const result = await runSteps(run, script.steps, cancelSignal);
  if (result.stopped === undefined) {
    const outcome = result.isUnverified ? 'unverified' : 'succeeded';
    return { outcome, ...script.succeed(result.details) };
  }
  const hasChanged =
    script.hasChangedBefore === true ||
    script.steps.slice(0, result.started).some((step) => step.planned.changes);
  const ending = endingOf(result.stopped);
  const fromWatch = script.steps[result.started - 1]?.isWatch === true;
  // Not to know how it is, is no reason to take away what had arrived healthy.
  if (fromWatch && (ending.outcome === 'errored' || script.wayBack === undefined)) {
    return { ...ending, ...(script.arrived === undefined ? {} : { leaves: script.arrived }) };
  }
  if (hasChanged && script.wayBack === undefined) return saying(ending, script, run.recorder);
  if (!hasChanged || script.wayBack === undefined) return ending;
  const { wayBack } = script;
  const begun = script.steps.slice(0, result.started).map(({ planned }) => planned);
  const known = script.hasChangedBefore === true ? undefined : begun;
  const back = await goBack(run, (signal) => wayBack(signal, known), ending);
  // A person who cancels is there and knows.
  const hold =
    ending.outcome === 'cancelled' || back === ending
      ? undefined
      : script.holdAfterGoingBack?.(holdReason(script.runId, ending, back), fromWatch);
  return hold === undefined ? back : { ...back, hold };
}

/** Whoever stopped a run that had begun to change something is told what runs there now. */
async function saying(ending: Ending, { look }: RunScript, recorder: RunRecorder): Promise<Ending> {
  if (ending.outcome !== 'cancelled' || look === undefined) return ending;
  recorder.flush();
  const { observed, words } = await look();
  recorder.append({ kind: 'observed', observed });
  return { ...ending, summary: `${ending.summary}; ${words}` };
}

function holdReason(runId: RunId, ending: Ending, back: Ending): string {
  const did = back.outcome === 'rolled-back' ? 'went back by itself' : 'could not go back';
  return `Run ${runId} ${did}: ${ending.summary}`;
}

export type StepsResult = {
  /** Steps that were begun. */
  readonly started: number;
  readonly details: readonly string[];
  /** One of them was asked for, and nobody can be asked whether it came to be. */
  readonly isUnverified: boolean;
  /** The end that stopped the rest; absent when all succeeded. */
  readonly stopped?: StepEnd;
};

async function runSteps(
  { ports, recorder, backoff }: Conducted,
  steps: readonly RunStep[],
  cancelSignal: AbortSignal,
): Promise<StepsResult> {
  const details: string[] = [];
  let isUnverified = false;
  // Whoever closes the run after a crash goes by what was seen to end; a build is made again.
  const isChanging = steps.some(({ planned }) => planned.changes);
  for (const [index, step] of steps.entries()) {
    if (cancelSignal.aborted) {
      skip(steps.slice(index), recorder);
      return {
        started: index,
        details,
        isUnverified,
        stopped: { outcome: 'cancelled', detail: 'Cancelled' },
      };
    }
    const end = await runStep(ports, recorder, step, cancelSignal, isChanging ? backoff : undefined);
    if (isChanging) recorder.flush();
    if (end.outcome !== 'succeeded' && !(step.isAfterthought === true && end.outcome !== 'cancelled')) {
      skip(steps.slice(index + 1), recorder);
      return { started: index + 1, details, isUnverified, stopped: end };
    }
    details.push(end.detail);
    isUnverified ||= end.isUnverified === true;
  }
  return { started: steps.length, details, isUnverified };
}

function skip(steps: readonly RunStep[], recorder: RunRecorder): void {
  for (const { planned } of steps) {
    recorder.append({ kind: 'step-ended', step: planned.id, outcome: 'skipped', detail: 'Not run' });
  }
}

/** In the same run, under the same lease. Cancelling does not stop it: the environment would be left in between. */
async function goBack(
  run: Conducted,
  findWayBack: (signal: AbortSignal) => Promise<WayBack | undefined>,
  ending: Ending,
): Promise<Ending> {
  const { recorder } = run;
  const { signal } = new AbortController();
  recorder.flush();
  let back: WayBack | undefined;
  try {
    back = await findWayBack(signal);
  } catch (error) {
    return backFailed(ending, endOfThrown(error));
  }
  if (back === undefined) return ending;
  recorder.append({
    kind: 'rollback-started',
    reason: ending.summary,
    release: back.release,
    ...(back.envSnapshot === undefined ? {} : { envSnapshot: back.envSnapshot }),
    steps: back.steps.map((step) => step.planned),
  });
  const { stopped, isUnverified } = await runSteps(run, back.steps, signal);
  if (stopped !== undefined) return backFailed(ending, stopped);
  if (isUnverified) {
    const summary = `${ending.summary}; going back to ${back.release} was asked for, and cannot be verified`;
    return { ...ending, outcome: 'unverified', summary };
  }
  return {
    ...ending,
    outcome: ending.outcome === 'cancelled' ? 'cancelled' : 'rolled-back',
    summary: `${ending.summary}; back on ${back.release}`,
  };
}

/** Worse than the failure before it: what runs now is not known to be anything that was wished. */
function backFailed(ending: Ending, end: StepEnd): Ending {
  return {
    ...ending,
    outcome: end.outcome === 'errored' ? 'errored' : 'failed',
    summary: `${ending.summary}; going back failed too: ${end.detail}`,
    ...withError(end.error ?? ending.error),
  };
}

function endingOf(end: StepEnd): Ending {
  const outcome: RunOutcome = end.outcome;
  return { outcome, summary: end.detail, ...withError(end.error) };
}

function withError(error: ErrorDetail | undefined): { error?: ErrorDetail } {
  return error === undefined ? {} : { error };
}

/** Keeps the lease alive, writes what waits, and listens for a cancel asked for in any process. */
function startPulse(
  ports: Ports,
  runId: RunId,
  cancel: AbortController,
  recorder: RunRecorder,
): { readonly stop: () => void; readonly stopped: Promise<void> } {
  const stop = new AbortController();
  const beat = async () => {
    let lastHeartbeat = ports.clock.monotonic();
    while (!stop.signal.aborted) {
      await ports.clock.sleep(pulseMs, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      recorder.flush();
      if (ports.ledger.runs.get(runId)?.isCancelRequested === true) cancel.abort();
      const elapsed = ports.clock.monotonic();
      if (elapsed - lastHeartbeat < heartbeatEveryMs) continue;
      lastHeartbeat = elapsed;
      if (!ports.ledger.leases.heartbeat(runId, recorder.token(), ports.clock.now())) cancel.abort();
    }
  };
  // A ledger that cannot be written now is noticed by the next event; a pulse that died would be noticed by nobody.
  const survive = async (): Promise<void> => {
    try {
      await beat();
    } catch {
      if (!stop.signal.aborted) await survive();
    }
  };
  return { stop: () => stop.abort(), stopped: survive() };
}
