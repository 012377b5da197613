import type { WorkspaceId } from '#shared/domain/ids.ts';
import { releaseIdSchema } from '#shared/domain/ids.ts';
import type { Observed, ObservedService } from '#shared/domain/observed.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';
import { imageRulesOf } from './identity.ts';

/**
 * What runs in an environment where no run has left anything yet and none is at work, and is of no release of this
 * workspace: another clone's, a service that was there before Gantry. A first deploy that failed leaves what is ours.
 */
export function foreignServices(
  { ledger, targets }: Pick<Ports, 'ledger' | 'targets'>,
  workspaceId: WorkspaceId,
  { name, target }: Pick<Environment, 'name' | 'target'>,
  seen: Observed,
): readonly ObservedService[] {
  const isTouched = ledger.environments.state(workspaceId, name) ?? ledger.leases.get(workspaceId, name);
  if (seen.kind !== 'running' || isTouched !== undefined) return [];
  if (imageRulesOf(targets.get(target.kind), target.config).compares === 'digest') {
    const known = new Set(ledger.places.digestsSince(workspaceId, 0).map(({ digest }) => digest));
    return seen.services.filter(({ imageId }) => !known.has(imageId));
  }
  const labelled = seen.services.filter(({ releaseLabel }) => releaseLabel !== undefined);
  // Beside ours there may be a database; alone it is somebody's.
  if (labelled.length === 0) return seen.services;
  return labelled.filter(({ releaseLabel }) => {
    const id = releaseIdSchema.safeParse(releaseLabel).data;
    return id === undefined || ledger.releases.get(workspaceId, id) === undefined;
  });
}

/** The name that it was started by, where the place tells one. */
export function imageNamed({ imageRef, imageId }: ObservedService): string {
  return imageRef || imageId;
}

/** `web runs shop:r-94e445`, of each. */
export function foreignText(services: readonly ObservedService[]): string {
  return services.map((service) => `${service.name} runs ${imageNamed(service)}`).join(', ');
}
