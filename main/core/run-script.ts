import type { ErrorDetail } from '#shared/domain/errors.ts';
import type { EnvSnapshotId, ReleaseId, RunId } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { RunOutcome } from '#shared/domain/outcome.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { RunEventOf } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';
import type { Redactor } from './ports.ts';
import type { Backoff } from './retry.ts';
import type { RunRecorder } from './run-recorder.ts';
import { type RunStep, runStep } from './run-step.ts';
import { goingOn } from './sentences.ts';
import { endSettled, settleSteps } from './settle.ts';
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
  /** Removes what only this run needed; runs however the run ended, until its time is over. */
  readonly cleanUp?: (signal: AbortSignal) => Promise<void>;
};

export type Ending = Omit<RunEventOf<'run-ended'>, 'kind' | 'recovered'>;

export type Conducted = { readonly ports: Ports; readonly recorder: RunRecorder; readonly backoff: Backoff };

/** The steps, and the way back where one of them failed after something had changed. */
export async function playScript(
  run: Conducted,
  script: RunScript,
  cancelSignal: AbortSignal,
): Promise<Ending> {
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
  if (hasChanged && script.wayBack === undefined) {
    return saying(await staying(run, script, result.started, ending), script, run.recorder);
  }
  if (!hasChanged || script.wayBack === undefined) return ending;
  const { wayBack } = script;
  const begun = script.steps.slice(0, result.started).map(({ planned }) => planned);
  const known = script.hasChangedBefore === true ? undefined : begun;
  const { ending: gone, failedAfter } = await goBack(run, (signal) => wayBack(signal, known), ending);
  const back =
    failedAfter === undefined ? gone : await staying(run, script, result.started, gone, failedAfter);
  // A person who cancels is there and knows.
  const hold =
    ending.outcome === 'cancelled' || back === ending
      ? undefined
      : script.holdAfterGoingBack?.(holdReason(script.runId, ending, back), fromWatch);
  return hold === undefined ? back : { ...back, hold };
}

/** Whatever stopped the run, what it had begun beside what ran before is not left there. */
async function staying(
  run: Conducted,
  script: RunScript,
  started: number,
  ending: Ending,
  back: readonly RunStep[] = [],
): Promise<Ending> {
  const { ports, recorder } = run;
  recorder.flush();
  // Who lost the lease may change nothing any more.
  if (!ports.ledger.leases.heartbeat(script.runId, recorder.token(), ports.clock.now())) return ending;
  const settled = await settleSteps(run, script.steps.slice(0, started), back);
  const isMoreToChange = script.steps.slice(started).some((step) => step.settle && step.planned.changes);
  return endSettled(ending, settled, isMoreToChange ? undefined : script.arrived);
}

/** Whoever stopped a run that had begun to change something is told what runs there now. */
async function saying(ending: Ending, { look }: RunScript, recorder: RunRecorder): Promise<Ending> {
  if (ending.outcome !== 'cancelled' || look === undefined) return ending;
  recorder.flush();
  const { observed, words } = await look();
  recorder.append({ kind: 'observed', observed });
  return { ...ending, summary: goingOn(ending.summary, words) };
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

export async function runSteps(
  { ports, recorder, backoff }: Conducted,
  steps: readonly RunStep[],
  cancelSignal: AbortSignal,
): Promise<StepsResult> {
  const details: string[] = [];
  let isUnverified = false;
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

type GoneBack = {
  readonly ending: Ending;
  /** Where it failed: the steps of the way back that were begun. */
  readonly failedAfter?: readonly RunStep[];
};

/** In the same run, under the same lease. Cancelling does not stop it: the environment would be left in between. */
async function goBack(
  run: Conducted,
  findWayBack: (signal: AbortSignal) => Promise<WayBack | undefined>,
  ending: Ending,
): Promise<GoneBack> {
  const { recorder } = run;
  const { signal } = new AbortController();
  recorder.flush();
  let back: WayBack | undefined;
  try {
    back = await findWayBack(signal);
  } catch (error) {
    return { ending: backFailed(ending, endOfThrown(error)), failedAfter: [] };
  }
  if (back === undefined) return { ending };
  recorder.append({
    kind: 'rollback-started',
    reason: ending.summary,
    release: back.release,
    ...(back.envSnapshot === undefined ? {} : { envSnapshot: back.envSnapshot }),
    steps: back.steps.map((step) => step.planned),
  });
  const { stopped, started, isUnverified } = await runSteps(run, back.steps, signal);
  if (stopped !== undefined) {
    return { ending: backFailed(ending, stopped), failedAfter: back.steps.slice(0, started) };
  }
  if (isUnverified) {
    const asked = `going back to ${back.release} was asked for, and cannot be verified`;
    return { ending: { ...ending, outcome: 'unverified', summary: goingOn(ending.summary, asked) } };
  }
  const outcome = ending.outcome === 'cancelled' ? 'cancelled' : 'rolled-back';
  return { ending: { ...ending, outcome, summary: goingOn(ending.summary, `back on ${back.release}`) } };
}

/** Worse than the failure before it: what runs now is not known to be anything that was wished. */
function backFailed(ending: Ending, end: StepEnd): Ending {
  return {
    ...ending,
    outcome: end.outcome === 'errored' ? 'errored' : 'failed',
    summary: goingOn(ending.summary, `going back failed too: ${end.detail}`),
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
