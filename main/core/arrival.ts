import type { Observed } from '#shared/domain/observed.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { type Identity, servicesOfReleases } from './identity.ts';

/**
 * True only when every service that carries our label runs the wished image with the wished env and is healthy. The
 * image alone would not do: a deploy may change the env only. Nor would it do when going back or stopping was asked
 * for, or when the health that the environment asks for over HTTP was never seen.
 */
export function hasArrived(
  view: RunView,
  observed: Observed,
  asksHttp: boolean,
  identity: Identity,
): boolean {
  if (observed.kind !== 'running' || view.plan === undefined) return false;
  if (view.rollbackReason !== undefined || view.isCancelRequested) return false;
  if (asksHttp && !provedAfterChange(view)) return false;
  const ours = servicesOfReleases(observed, identity);
  return (
    ours.length > 0 &&
    ours.every(
      (service) =>
        identity.ids.has(service.imageId) &&
        // A place that compares digests is given no env.
        (identity.compares === 'digest' || service.envLabel === view.envSnapshot) &&
        service.health === 'healthy',
    )
  );
}

/** Whether a step after the last one that changes anything, which is where a target looks for health, succeeded. */
function provedAfterChange({ steps }: RunView): boolean {
  const lastChange = steps.findLastIndex((step) => step.changes);
  return steps.slice(lastChange + 1).some((step) => step.state === 'succeeded');
}
