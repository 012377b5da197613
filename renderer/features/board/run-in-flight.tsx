import { type RunSummary, type StepView, stepPlace } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { useActions } from '../../stores/actions.tsx';
import { elapsed } from '../../ui/format.ts';
import type { TrackStep } from '../../ui/step-track.tsx';
import { StepTrack, trackAt } from '../../ui/step-track.tsx';
import { Elapsed, Remaining, useClock } from '../../ui/time.tsx';
import { Value } from '../../ui/value.tsx';
import { limitWords } from './step-limit.ts';

/** A run on its way: which step, how long, what happens if it does not come through, and the way to stop it. */
export function RunInFlight(props: { readonly run: RunSummary; readonly view: RunView | undefined }) {
  const { run, view } = props;
  const { at, total } = stepPlace(run);
  const step = view?.steps.find((each) => each.state === 'running');
  const title = step?.title ?? run.summary;
  return (
    <>
      <div className="flex min-w-0 items-center gap-2">
        <strong className="font-semibold whitespace-nowrap text-ink">
          Step {at} of {total}
        </strong>
        <span className="min-w-0 truncate max-wide:hidden">{title}</span>
        <Elapsed from={run.startedAt} className="ml-auto text-12" />
      </div>
      <StepTrack steps={view === undefined ? trackAt(at, total) : view.steps.map(trackStep)} />
      <div className="flex min-w-0 items-center gap-2">
        <span className="min-w-0 truncate max-wide:hidden">
          <Outlook run={run} view={view} step={step} />
        </span>
        <span className="min-w-0 truncate wide:hidden">
          {step?.overAt === undefined ? title : <Left until={step.overAt} />}
        </span>
        <span className="ml-auto">
          <CancelRun run={run} isWatch={step?.overAt !== undefined} />
        </span>
      </div>
    </>
  );
}

function Left({ until }: { readonly until: number }) {
  return (
    <>
      <Remaining until={until} /> left
    </>
  );
}

function trackStep(step: StepView): TrackStep {
  switch (step.state) {
    case 'not-yet':
      return 'todo';
    case 'running':
      return 'now';
    case 'succeeded':
      return 'done';
    case 'cancelled':
      return 'skipped';
    case 'skipped':
    case 'failed':
    case 'errored':
      return step.state;
  }
}

/** What the step says of itself, or when it stops where that is near. */
function Outlook(props: {
  readonly run: RunSummary;
  readonly view: RunView | undefined;
  readonly step: StepView | undefined;
}) {
  const { run, view, step } = props;
  const limit = useClock((now) =>
    view === undefined || step === undefined ? '' : (limitWords(view, step, now) ?? ''),
  );
  const watched = useClock((now) => (step?.overAt === undefined ? '' : elapsed(step.overAt - now)));
  if (view?.rollbackReason !== undefined) {
    return run.isCancelRequested ? 'Cancelled, going back' : `Going back: ${view.rollbackReason}`;
  }
  if (step?.overAt !== undefined)
    return run.isCancelRequested ? 'Watching stops' : `Watched for ${watched} more`;
  if (run.isCancelRequested) return 'Cancelling';
  return (limit && `It ${limit}`) || step?.text || `Started by ${run.by.name}`;
}

function CancelRun({ run, isWatch }: { readonly run: RunSummary; readonly isWatch: boolean }) {
  const { cancelRun } = useActions();
  if (run.isCancelRequested) return null;
  return (
    <Value
      onClick={() => cancelRun(run.id)}
      aria-label={isWatch ? `Stop watching run ${run.id}` : `Cancel run ${run.id}`}
    >
      {isWatch ? 'Stop watching' : 'Cancel'}
    </Value>
  );
}
