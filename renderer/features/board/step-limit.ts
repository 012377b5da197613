import type { StepView } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { elapsed } from '../../ui/format.ts';

/** A limit is no estimate: most steps end long before theirs, so it is said only when it is near. */
const NEAR_MS = 60_000;
const NEAR_PART = 1 / 5;

/**
 * "stops in 0:40 at the latest, then it rolls back"; undefined while the limit is far. A step that waits may give up
 * sooner by a deadline of its own, which only its target knows.
 */
export function limitWords(
  view: Pick<RunView, 'plan' | 'previousRelease' | 'steps'>,
  step: Pick<StepView, 'startedAt' | 'deadlineAt' | 'isRollback'>,
  now: number,
): string | undefined {
  const { startedAt, deadlineAt } = step;
  if (startedAt === undefined || deadlineAt === undefined) return undefined;
  const left = deadlineAt - now;
  if (left > Math.min(NEAR_MS, (deadlineAt - startedAt) * NEAR_PART)) return undefined;
  const goesBack =
    !step.isRollback &&
    view.plan?.onFailure === 'roll-back' &&
    view.previousRelease !== undefined &&
    view.steps.some((each) => each.changes && each.state !== 'not-yet');
  return `stops in ${elapsed(left)} at the latest${goesBack ? ', then it rolls back' : ''}`;
}
