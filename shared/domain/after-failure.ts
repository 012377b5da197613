import type { BoardEnvironment } from './board.ts';
import type { ReleaseId, RunId } from './ids.ts';
import type { StepView } from './run.ts';
import type { RunView } from './run-reducer.ts';

/*
 * What can be done after a deploy, a promotion or a rollback that did not end well. The core refuses what is refused
 * here; shells only show it.
 */

/** What of the environment it depends on, as a board tells it. */
export type AfterFailure = Pick<BoardEnvironment, 'name' | 'confirm' | 'state' | 'hold' | 'lease'> & {
  /** The newest run here, whatever became of it. */
  readonly newestRun?: RunId | undefined;
};

/** From a board, which may lag behind the run that was just seen to end. */
export function afterFailureIn(environment: BoardEnvironment): AfterFailure {
  const { failedRun, currentRun, state } = environment;
  const newest = failedRun?.id ?? currentRun?.id ?? state?.runId;
  return { ...environment, ...(newest === undefined ? {} : { newestRun: newest }) };
}

export type RetryPoint = { readonly step: string; readonly title: string };

export type FailureChoice = { readonly why?: string } & (
  | {
      /** A new run of the same release with the same env, from this step on. */
      readonly kind: 'retry';
      readonly from: RetryPoint;
      /** Every step that it may begin at, `from` among them. */
      readonly points: readonly RetryPoint[];
    }
  /** Back to what ran before, image and env together; a plan of its own. */
  | { readonly kind: 'roll-back'; readonly release: ReleaseId }
  | { readonly kind: 'leave' }
);

/** What of the run it depends on. */
export type EndedRun = Pick<
  RunView,
  | 'id'
  | 'kind'
  | 'state'
  | 'environment'
  | 'release'
  | 'previousRelease'
  | 'retryOf'
  | 'steps'
  | 'leaves'
  | 'keeps'
  | 'givenUp'
>;

/**
 * `why`: it is refused now, for this reason. Empty for a run that goes on, ended well, was given up, or is in no
 * environment.
 */
export function choicesAfter(view: EndedRun, now: AfterFailure): readonly FailureChoice[] {
  if (!mayBeGivenUp(view) || view.environment !== now.name) return [];
  const held = now.hold !== undefined && view.kind !== 'rollback' ? { why: `${now.name} is on hold` } : {};
  const busy = busyWith(now);
  const points = retryPoints(view);
  const [from] = points;
  const back = wayBack(view, now);
  const stuck = sentTwice(view);
  return [
    ...(from === undefined
      ? stuck === undefined
        ? []
        : [{ kind: 'retry', from: pointOf(stuck), points: [], why: unknownEnd(stuck) } as const]
      : [{ kind: 'retry', from, points, ...held, ...movedOn(view, now), ...busy } as const]),
    ...(back === undefined || !hasChanged(view)
      ? []
      : [{ kind: 'roll-back', release: back, ...busy } as const]),
    { kind: 'leave' },
  ];
}

/** What the ledger says runs there; for a run that lost what had arrived, what ran before that. */
function wayBack(view: EndedRun, { state }: AfterFailure): ReleaseId | undefined {
  const { leaves, release, previousRelease } = view;
  if (isBack(view)) return undefined;
  if (leaves === undefined) return state?.release;
  return previousRelease === release ? undefined : previousRelease;
}

/** It has gone there itself. */
function isBack({ keeps, steps }: Retriable): boolean {
  const back = steps.filter(({ isRollback }) => isRollback);
  return keeps === 'before' || (back.length > 0 && back.every(({ state }) => state === 'succeeded'));
}

/** Whether anybody might still go on from it. */
export function mayBeGivenUp({
  state,
  environment,
  givenUp,
}: Pick<EndedRun, 'state' | 'environment' | 'givenUp'>): boolean {
  if (environment === undefined || givenUp !== undefined) return false;
  return state === 'failed' || state === 'errored' || state === 'interrupted' || state === 'cancelled';
}

function busyWith({ lease }: AfterFailure): { why?: string } {
  return lease === undefined ? {} : { why: `Leased to run ${lease.runId}` };
}

function movedOn({ id }: EndedRun, { newestRun, name }: AfterFailure): { why?: string } {
  return newestRun === undefined || newestRun <= id ? {} : { why: `Run ${newestRun} was in ${name} since` };
}

/** Whether the environment may be another than before it. A retry goes on where something had changed already. */
export function hasChanged(view: Pick<RunView, 'steps' | 'retryOf'>): boolean {
  return (
    view.retryOf !== undefined || view.steps.some((step) => step.changes && step.startedAt !== undefined)
  );
}

type Retriable = Pick<RunView, 'steps' | 'keeps'>;

/**
 * Where a retry may begin, the latest first: at the first step that was not proved, or at one before it. None where that
 * would send something again that may have been done already.
 */
export function retryPoints(view: Retriable): readonly RetryPoint[] {
  const steps = view.steps.filter((step) => !step.isRollback);
  const open = firstUnproved(view);
  if (open < 0 || steps.slice(open).some((step) => !maySendAgain(step))) return [];
  const before = steps.slice(0, open).toReversed();
  const stop = before.findIndex((step) => !step.repeatable);
  return [...steps.slice(open, open + 1), ...(stop < 0 ? before : before.slice(0, stop))].map(pointOf);
}

/** Steps of a retry that begins there; `undefined` where it may not. */
export function stepsOfRetry(view: Retriable, from: string): readonly string[] | undefined {
  if (!retryPoints(view).some((point) => point.step === from)) return undefined;
  const ids = view.steps.filter((step) => !step.isRollback).map(({ id }) => id);
  return ids.slice(ids.indexOf(from));
}

/** What went back undid what was proved, from the first step on that had changed anything. */
function firstUnproved({ steps, keeps }: Retriable): number {
  const forward = steps.filter((step) => !step.isRollback);
  const wentBack =
    keeps === 'before' || steps.some((step) => step.isRollback && step.startedAt !== undefined);
  return forward.findIndex((step) => step.state !== 'succeeded' || (wentBack && step.changes));
}

/** One that is not repeatable only where it was never sent, or the answer was no. */
function maySendAgain(step: StepView): boolean {
  return step.repeatable || step.startedAt === undefined || step.state === 'failed';
}

function sentTwice(view: Pick<RunView, 'steps'>): StepView | undefined {
  return view.steps.find((step) => !step.isRollback && step.state !== 'succeeded' && !maySendAgain(step));
}

function unknownEnd({ title }: StepView): string {
  return `How “${title}” ended is not known, and it must not be sent twice`;
}

function pointOf({ id, title }: StepView): RetryPoint {
  return { step: id, title };
}
