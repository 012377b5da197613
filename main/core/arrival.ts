import type { Observed } from '#shared/domain/observed.ts';
import { isWatch } from '#shared/domain/plan.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { healthCheckId } from './health/plan.ts';
import { type Identity, servicesOfReleases } from './identity.ts';

/**
 * True only when every service that carries our label runs the wished image with the wished env and is healthy. The
 * image alone would not do: a deploy may change the env only. Nor would it do when going back or stopping was asked
 * for, or when what the environment's checks ask for was never seen. A release that was being watched had arrived before,
 * and whoever stopped that wanted to keep it.
 */
export function hasArrived(
  view: RunView,
  observed: Observed,
  asksHealth: boolean,
  identity: Identity,
): boolean {
  if (observed.kind !== 'running' || view.plan === undefined) return false;
  const watched = watchedStep(view);
  if (view.rollbackReason !== undefined || watched?.state === 'failed') return false;
  if (view.isCancelRequested && watched === undefined) return false;
  if (asksHealth && watched === undefined && !provedAfterChange(view)) return false;
  const ours = servicesOfReleases(observed, identity);
  return (
    ours.length > 0 &&
    ours.every(
      (service) =>
        identity.ids.has(service.imageId) &&
        // A place that compares digests is given no env.
        (identity.compares === 'digest' || service.envLabel === view.envSnapshot) &&
        (service.health === 'healthy' || (watched !== undefined && service.health === 'unknown')),
    )
  );
}

/** The step that watches what has arrived, once it has begun. */
export function watchedStep({ steps }: RunView): RunView['steps'][number] | undefined {
  return steps.find((step) => isWatch(step) && step.startedAt !== undefined);
}

/**
 * Whether the core's own check of health succeeded, or without one a step after the last one that changes anything, which
 * is where a target looks for health.
 */
function provedAfterChange({ steps }: RunView): boolean {
  const own = steps.find(({ id }) => id === healthCheckId);
  if (own !== undefined) return own.state === 'succeeded';
  const lastChange = steps.findLastIndex((step) => step.changes);
  return steps.slice(lastChange + 1).some((step) => step.state === 'succeeded');
}
