import type { ImageFacts } from '#shared/domain/image.ts';
import type { CredentialOptions } from '../credentials.ts';
import { openBlob } from '../registry/blobs.ts';
import { createClients } from '../registry/clients.ts';
import { gone } from '../registry/failures.ts';
import { isLoopback, parseRepository } from '../registry/names.ts';
import { openRepository, type RemoteRepository } from '../registry/repository.ts';
import type { LayerSource } from './layer-source.ts';
import { type BlobSource, createOciSource } from './oci-image.ts';

/**
 * An image in one of the registries that it is known to be in, or in one of those on this machine; `undefined` when it is
 * known to be in none. `insecure` are registries that may be spoken to in the clear. Throws what the last of them said
 * when none gives it.
 */
export type RegistryLayers = (
  image: ImageFacts,
  from: { readonly where: 'anywhere' | 'near'; readonly insecure: readonly string[] },
  signal: AbortSignal,
) => Promise<LayerSource | undefined>;

export function createRegistryLayers(credentials: CredentialOptions): RegistryLayers {
  const clients = createClients({ credentials });
  return async (image, { where, insecure }, signal) => {
    let failure: unknown;
    for (const [name, digest] of placesOf(image)) {
      try {
        const at = parseRepository(name);
        if (where === 'near' && !isLoopback(at.host)) continue;
        const repository = openRepository(clients(at.host, insecure), at, [`repository:${at.path}:pull`]);
        const source = createOciSource(blobsOf(repository), digest, image.layers);
        await source.layers(signal);
        return source;
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    if (failure !== undefined) throw failure;
    return undefined;
  };
}

/**
 * On a containerd store an image has a digest under each of its names before any push. Without a host such a name would
 * mean Docker Hub, where nobody may have put it: it is asked only for images of a classic store, which tell their
 * config's digest and have others from registries alone.
 */
export function placesOf({
  identity,
}: ImageFacts): readonly (readonly [repository: string, digest: string])[] {
  const places = Object.entries(identity.manifestDigests);
  return identity.configDigest === undefined ? places.filter(([name]) => hasHost(name)) : places;
}

function hasHost(repository: string): boolean {
  const [first = '', second] = repository.split('/', 2);
  return second !== undefined && (first === 'localhost' || /[.:]/.test(first));
}

function blobsOf(repository: RemoteRepository): BlobSource {
  return {
    // Its blobs are checked against nothing but what the manifest says of them.
    vouchesForDiffIds: false,
    isNear: isLoopback(repository.at.host),
    async manifest(digest, signal) {
      const found = await repository.rawManifest(digest, signal);
      if (found === undefined) throw gone(`${repository.name}@${digest} is not in the registry any more`);
      return found.raw;
    },
    blob: (digest, signal) => openBlob(repository, { digest, size: 0 }, 0, signal),
  };
}
