import { GantryError } from '#shared/domain/errors.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Ports } from '../context.ts';

/**
 * For the transaction in which something begins to need a release's image: the run that is removing it, or that has
 * removed it since `seenAt`, the newest event at the time at which the image was seen to exist. Of a removal that ended
 * before, the one who looked has seen the end.
 */
function removerOf(ports: Pick<Ports, 'ledger'>, release: Release, seenAt: number): RunId | undefined {
  const removals = ports.ledger.removals.since(seenAt);
  // Mostly: then nobody needs to know under which digests the image is.
  if (removals.length === 0) return undefined;
  const digests = new Set(
    release.images.flatMap(({ image: { identity } }) => [
      identity.imageId,
      ...(identity.configDigest === undefined ? [] : [identity.configDigest]),
      ...Object.values(identity.manifestDigests),
    ]),
  );
  for (const { digest } of ports.ledger.places.of(release.workspaceId, release.id)) digests.add(digest);
  return removals.find((one) => one.digests.some((digest) => digests.has(digest)))?.runId;
}

/** Throws `plan-stale`. */
export function requireNotRemoved(ports: Pick<Ports, 'ledger'>, release: Release, seenAt: number): void {
  const runId = removerOf(ports, release, seenAt);
  if (runId === undefined) return;
  throw new GantryError(
    'plan-stale',
    `Run ${runId} removes the image of ${release.id}, or has just done so. Nothing was started.`,
    'Plan again: it says whether the image is still there.',
  );
}

/** Throws `environment-busy`: a pin would be a promise that is broken a moment later. */
export function requireNotBeingRemoved(ports: Pick<Ports, 'ledger'>, release: Release): void {
  const runId = removerOf(ports, release, ports.ledger.events.lastSeq());
  if (runId === undefined) return;
  throw new GantryError(
    'environment-busy',
    `Run ${runId} is removing the image of ${release.id}.`,
    `Wait for its end (gantry logs -f ${runId}); gantry images shows what is left then.`,
  );
}
