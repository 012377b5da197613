import type { Registry } from '#main/core/ports.ts';
import { only } from '#test/fakes/only.ts';

export const repository = 'ghcr.io/acme/shop';
const built = [
  { ref: 'shop:r-1a2b3c', imageId: `sha256:${'1'.repeat(64)}`, digest: `sha256:${'a'.repeat(64)}` },
  { ref: 'shop:r-4d5e6f', imageId: `sha256:${'4'.repeat(64)}`, digest: `sha256:${'b'.repeat(64)}` },
];

/** Two releases that a registry has, for targets that tell others what to deploy. */
export const releases = built.map(({ ref, imageId, digest }) => ({
  ref,
  imageId,
  remote: { repository, ref: `${repository}:${ref.slice(ref.indexOf(':') + 1)}`, digest },
}));

export const registry = only<Registry>({
  async resolve(ref, call) {
    call?.signal?.throwIfAborted();
    const digest = releases.find(({ remote }) => remote.ref === ref)?.remote.digest;
    const facts = { mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 1, platforms: [] };
    return digest === undefined ? undefined : { digest, ...facts };
  },
});
