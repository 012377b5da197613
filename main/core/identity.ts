import type { Observed, ObservedService } from '#shared/domain/observed.ts';
import { imageOf, type Release } from '#shared/domain/release.ts';
import type { Ports } from './context.ts';
import type { ImageRules, Target } from './ports.ts';

/** How a place shows that it runs a release's image; each target says what it compares. */
export type Identity = {
  readonly compares: ImageRules['compares'];
  /** Any of them is it: an image has one digest, but may have been pushed as several manifests. */
  readonly ids: ReadonlySet<string>;
};

/** Of an environment's target: some look for the image where their settings say. */
export function imageRulesOf(target: Target, config: unknown): ImageRules {
  return target.imageRules?.(config) ?? target;
}

export function identityOf(
  ports: Pick<Ports, 'ledger'>,
  release: Release,
  cell: string | undefined,
  { compares }: Pick<ImageRules, 'compares'>,
): Identity {
  const { cell: found } = imageOf(release, cell) ?? release.images[0];
  if (compares === 'image-id') return { compares, ids: engineIdsOf(ports, release, cell) };
  const places = ports.ledger.places.of(release.workspaceId, release.id);
  return {
    compares,
    ids: new Set(places.filter((place) => place.cell === found).map(({ digest }) => digest)),
  };
}

/**
 * Every id by which an engine may know the image: ids are made of what is in it, so each of them is this image on
 * whatever engine it is met.
 */
export function engineIdsOf(
  { ledger }: Pick<Ports, 'ledger'>,
  release: Release,
  cell: string | undefined,
): ReadonlySet<string> {
  const { image, cell: found } = imageOf(release, cell) ?? release.images[0];
  const { imageId, configDigest } = image.identity;
  const elsewhere = ledger.places
    .onEngines(release.workspaceId, release.id)
    .filter((place) => place.cell === found)
    .map((place) => place.imageId);
  return new Set([imageId, ...(configDigest === undefined ? [] : [configDigest]), ...elsewhere]);
}

/**
 * What a release is responsible for in a place. On an engine others may run beside it, such as a database, so there a
 * label tells; a place that compares digests has nothing else.
 */
export function servicesOfReleases(
  seen: Extract<Observed, { kind: 'running' }>,
  { compares }: Pick<Identity, 'compares'>,
): readonly ObservedService[] {
  return compares === 'digest'
    ? seen.services
    : seen.services.filter((service) => service.releaseLabel !== undefined);
}
