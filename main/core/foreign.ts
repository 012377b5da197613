import type { WorkspaceId } from '#shared/domain/ids.ts';
import { releaseIdSchema } from '#shared/domain/ids.ts';
import type { Observed, ObservedService } from '#shared/domain/observed.ts';
import type { Ports } from './context.ts';
import type { ImageRules } from './ports.ts';

/**
 * What runs in a place where no run has left anything yet, and is of no release of this workspace: another clone's, a
 * service that was there before Gantry. A first deploy that failed leaves what is ours.
 */
export function foreignServices(
  { ledger }: Pick<Ports, 'ledger'>,
  workspaceId: WorkspaceId,
  { compares }: Pick<ImageRules, 'compares'>,
  seen: Observed,
): readonly ObservedService[] {
  if (seen.kind !== 'running') return [];
  if (compares === 'digest') {
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

/** `web runs shop:r-94e445`, of each. */
export function foreignText(services: readonly ObservedService[]): string {
  return services.map(({ name, imageRef, imageId }) => `${name} runs ${imageRef || imageId}`).join(', ');
}
