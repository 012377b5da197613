import type { Io, Registry } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { GivenBySuite, TargetWorld } from '#test/contract/target-world.ts';
import { only } from '#test/fakes/only.ts';

const repository = 'localhost:5000/shop';
const releases = [
  { ref: 'shop:r-1a2b3c', imageId: `sha256:${'1'.repeat(64)}`, digest: `sha256:${'a'.repeat(64)}` },
  { ref: 'shop:r-4d5e6f', imageId: `sha256:${'4'.repeat(64)}`, digest: `sha256:${'b'.repeat(64)}` },
];

/** A registry that keeps one repository's tags in memory; both releases stand there under their own names. */
export function createRegistryWorld(): TargetWorld {
  const tags = new Map(releases.map(({ ref, digest }) => [ownName(ref), digest]));
  let changes = 0;
  let asked = 0;
  let isRefusing = false;
  let isLost = false;
  let isReachable = true;
  const ifReachable = async <T>(signal: AbortSignal | undefined, answer: () => T): Promise<T> => {
    signal?.throwIfAborted();
    if (isReachable) return answer();
    throw new GantryError('registry-unreachable', 'The registry did not answer.', 'Start it.');
  };

  const io: Omit<Io, GivenBySuite | 'engine' | 'commands' | 'files'> = {
    folder: '/shop',
    insecureRegistries: [],
    registry: only<Registry>({
      resolve: (ref, call) =>
        ifReachable(call?.signal, () => {
          const digest = tags.get(ref);
          const facts = { mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 1, platforms: [] };
          return digest === undefined ? undefined : { digest, ...facts };
        }),
      promote: (from, to, promotion) =>
        ifReachable(promotion?.signal, () => {
          asked++;
          if (isRefusing) throw new GantryError('registry-refused', 'It says no.', 'Sign in.');
          const digest = from.slice(from.indexOf('@') + 1);
          const was = tags.get(to);
          const answer = { digest, mounted: 0, present: 1, copied: 0, bytesCopied: 0 };
          if (was === digest) return answer;
          if (promotion?.destinationWas !== undefined && (was ?? null) !== promotion.destinationWas) {
            throw new GantryError('plan-stale', `${to} moved.`, 'Plan again.');
          }
          tags.set(to, digest);
          changes++;
          if (isLost) {
            isLost = false;
            throw new GantryError('registry-unreachable', 'The answer was lost.', 'Try again.');
          }
          return answer;
        }),
    }),
  };

  return {
    io: { ...io, engine: only({}), commands: only({}), files: only({}) },
    config: { kind: 'registry', repository },
    releases: releases.map(({ ref, imageId, digest }) => ({
      ref,
      imageId,
      remote: { repository, ref: ownName(ref), digest },
    })),
    changes: () => changes,
    asked: () => asked,
    runs: (index) => tags.get(`${repository}:dev`) === releases[index]?.digest,
    goAway() {
      isReachable = false;
    },
    refuse() {
      isRefusing = true;
    },
    loseAnswer() {
      isLost = true;
    },
  };
}

function ownName(ref: string): string {
  return `${repository}:${ref.slice(ref.indexOf(':') + 1)}`;
}
