import { GantryError } from '#shared/domain/errors.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Ports } from '../context.ts';

/**
 * For the transaction in which something begins to need a release's image. `seenAt`: the newest event at the time at
 * which the image was seen to exist. Throws where it is being removed, or was removed since then; of a removal that
 * ended before, the one who looked has seen the end.
 */
export function requireNotRemoved(ports: Pick<Ports, 'ledger'>, release: Release, seenAt: number): void {
  const digests = new Set(
    release.images.flatMap(({ image: { identity } }) => [
      identity.imageId,
      ...(identity.configDigest === undefined ? [] : [identity.configDigest]),
      ...Object.values(identity.manifestDigests),
    ]),
  );
  for (const { digest } of ports.ledger.places.of(release.workspaceId, release.id)) digests.add(digest);
  const removal = ports.ledger.removals
    .since(seenAt)
    .find((one) => one.digests.some((digest) => digests.has(digest)));
  if (removal === undefined) return;
  throw new GantryError(
    'plan-stale',
    `Run ${removal.runId} removes the image of ${release.id}, or has just done so. Nothing was started.`,
    'Plan again: it says whether the image is still there.',
  );
}
