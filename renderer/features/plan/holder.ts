import type { BoardEnvironment } from '#shared/domain/board.ts';
import type { RunId, Time } from '#shared/domain/ids.ts';
import { type RunSummary, stepPlace } from '#shared/domain/run.ts';
import type { Actor } from '#shared/domain/run-events.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { leasedTo } from '../../stores/lease-holder.ts';

/** Who has the environment that a plan waits for. */
export type Holder = {
  readonly runId: RunId;
  readonly by: Actor;
  /** Absent while only the run is known and not yet its lease. */
  readonly pid: number | undefined;
  /** "promote r-77ab10". */
  readonly reason: string;
  readonly since: Time;
};

/**
 * The lease says most; but it comes with the board, which is a moment behind the runs. `run` is what a look at the runs
 * found last.
 */
export function holderOf(
  environment: Pick<BoardEnvironment, 'lease' | 'currentRun'> | undefined,
  run: RunSummary | undefined,
): Holder | undefined {
  const runId = run?.id ?? (environment && leasedTo(environment));
  const { lease, currentRun } = environment ?? {};
  const summary = run ?? (currentRun?.id === runId ? currentRun : undefined);
  if (lease !== undefined && lease.runId === runId) {
    return { runId, by: lease.by, pid: lease.owner.pid, reason: lease.reason, since: lease.takenAt };
  }
  if (runId === undefined || summary === undefined) return undefined;
  const reason = [summary.kind, summary.release].filter((part) => part !== undefined).join(' ');
  return { runId, by: summary.by, pid: undefined, reason, since: summary.startedAt };
}

/** What the run does at the moment. */
export type HolderNow =
  | { readonly kind: 'cancelling' }
  /** It has brought its release, and watches it. */
  | { readonly kind: 'watching'; readonly until: Time }
  | { readonly kind: 'going-back' }
  | { readonly kind: 'step'; readonly at: number; readonly of: number; readonly title: string | undefined };

export function nowOf(run: RunSummary, view: RunView | undefined): HolderNow {
  const step = view?.steps.find((each) => each.state === 'running');
  if (view?.rollbackReason !== undefined) return { kind: 'going-back' };
  if (run.isCancelRequested) return { kind: 'cancelling' };
  if (step?.overAt !== undefined) return { kind: 'watching', until: step.overAt };
  const { at, total: of } = stepPlace(run);
  return { kind: 'step', at, of, title: step?.title };
}
