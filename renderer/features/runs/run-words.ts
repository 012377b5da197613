import type { ErrorDetail, Problem } from '#shared/domain/errors.ts';
import type { ReleaseNotes } from '#shared/domain/release.ts';
import { type RunSummary, type StepView, watchedNow } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { waitsFor } from '../../stores/build-queue.ts';
import { count } from '../../ui/format.ts';
import type { Status } from '../../ui/status-words.ts';

/**
 * The word of a run's state: a run that another process finished well is said to be recovered, and a build that waits
 * for another is not yet running.
 */
export function runStatus(
  run: Pick<RunSummary, 'kind' | 'state' | 'recovered' | 'summary' | 'stepsDone'>,
): Status {
  if (waitsFor(run) !== undefined) return 'queued';
  return run.recovered && run.state === 'succeeded' ? 'recovered' : run.state;
}

/** The step that decides how a run stands: the one under way, else the first that did not end well. */
export function decidingStep(steps: readonly StepView[]): StepView | undefined {
  return (
    steps.find((step) => step.state === 'running') ??
    steps.find((step) => step.state === 'failed' || step.state === 'errored' || step.state === 'cancelled')
  );
}

/**
 * The step that is shown until somebody picks another; of a build that made a release, the one that recorded it, and of a
 * deploy that went well the last one that asked for health.
 */
export function stepOfInterest(view: RunView): string | undefined {
  const deciding = decidingStep(view.steps);
  if (deciding !== undefined) return deciding.id;
  const makesRelease = view.kind === 'build' || view.kind === 'adopt';
  if (makesRelease && view.release !== undefined) return view.steps.find(({ id }) => id === 'record')?.id;
  return view.vertices[0]?.step ?? view.probes.at(-1)?.step ?? view.steps[0]?.id;
}

/** "step 3 of 5", "at step 5 of 6"; nothing where the word of the state says it all. */
export function statePlace(view: RunView): string | undefined {
  if (view.state !== 'running' && hasFailedBack(view.steps)) return 'and going back failed';
  const waitsOn = waitsFor(view);
  if (waitsOn !== undefined) return `behind run ${waitsOn}`;
  const step = decidingStep(view.steps);
  if (step === undefined) return view.recovered ? 'after a crash' : undefined;
  const within = view.steps.filter((each) => each.isRollback === step.isRollback);
  const place = `step ${within.indexOf(step) + 1} of ${within.length}`;
  if (view.state === 'running') return step.isRollback ? `${place} of going back` : place;
  return view.state === 'succeeded' || view.state === 'unverified' ? undefined : `at ${place}`;
}

function hasFailedBack(steps: readonly StepView[]): boolean {
  return steps.some((step) => step.isRollback && (step.state === 'failed' || step.state === 'errored'));
}

/** The heading over the steps that take an environment back: "Went back", followed by "to r-77ab10". */
export function goingBackWords(view: Pick<RunView, 'state' | 'steps'>): string {
  if (view.state === 'running') return 'Going back';
  return hasFailedBack(view.steps) ? 'Could not go back' : 'Went back';
}

/** What a press of Cancel would do, said beside it; or why it cannot be pressed. */
export type CancelWords = { readonly kind: 'possible' | 'refused'; readonly text: string | undefined };

export function cancelWords(view: RunView): CancelWords {
  const { environment, plan, previousRelease, steps } = view;
  if (view.isCancelRequested) return { kind: 'refused', text: 'Stopping as soon as the step allows' };
  if (watchedNow(steps) !== undefined)
    return { kind: 'possible', text: `${view.release ?? 'the release'} stays in ${environment ?? 'place'}` };
  if (steps.some((step) => step.isRollback)) return { kind: 'refused', text: 'It is going back already' };
  if (view.kind === 'build' || environment === undefined) return { kind: 'possible', text: undefined };
  const hasChanged = steps.some((step) => step.changes && step.state !== 'not-yet');
  if (!hasChanged) return { kind: 'possible', text: `${environment} is not changed yet` };
  return plan?.onFailure === 'roll-back' && previousRelease !== undefined
    ? { kind: 'possible', text: `rolls back to ${previousRelease}` }
    : { kind: 'possible', text: `${environment} stays as it is then` };
}

/** "5 commits since 1.4.1"; of the first release of a branch there is nothing to count from. */
export function sinceWords({ total, since }: Pick<ReleaseNotes, 'total' | 'since'>): string {
  const commits = total === 0 ? 'none' : count(total, 'commit');
  return since === undefined ? 'of the first release' : `${commits} since ${since.version}`;
}

export function sameSentence(one: string, other: string): boolean {
  const bare = (text: string): string => text.toLowerCase().replace(/[.\s]+$/, '');
  return bare(one) === bare(other);
}

/** What a problem says beyond the step and its error, which stand above it. */
export function withoutRepeats(problem: Problem, error: ErrorDetail, text: string): string {
  const isSaid = sameSentence(problem.what, error.message) || sameSentence(problem.what, text);
  const hint = problem.hint.startsWith(error.hint) ? problem.hint.slice(error.hint.length) : problem.hint;
  return [isSaid ? '' : problem.what, hint].join(' ').trim();
}
