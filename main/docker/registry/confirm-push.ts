import type { RemoteImage } from '#main/core/ports.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import { readBlob } from './blobs.ts';
import { refused } from './failures.ts';
import { configLimit, diffIdsOfConfig } from './manifest.ts';
import type { RemoteRepository } from './repository.ts';

/**
 * Whether what the registry has is what the engine was to push. The engine's id is the digest of the config on a classic
 * store, and that of the manifest or index on a containerd store, which may push one manifest in place of an index
 * whose other platforms it lacks: there the layers decide.
 */
export async function confirmPush(
  repository: RemoteRepository,
  tag: string,
  image: ImageFacts,
  pushed: RemoteImage | undefined,
  signal: AbortSignal,
): Promise<RemoteImage> {
  const name = `${repository.name}:${tag}`;
  const { imageId } = image.identity;
  if (pushed === undefined) {
    throw refused(`The engine has pushed ${name}, but the registry does not have it.`, 'Push again.');
  }
  if (pushed.digest === imageId || pushed.configDigest === imageId) return pushed;
  if (pushed.configDigest !== undefined) {
    const config = await readBlob(repository, { digest: pushed.configDigest, size: 0 }, configLimit, signal);
    if (diffIdsOfConfig(config).join() === image.layers.join()) return pushed;
  }
  throw refused(
    `The engine has pushed ${imageId} as ${name}, but the registry has ${pushed.digest} there, which is another image.`,
    'Somebody else may have moved the tag at that moment: push again, to a tag of its own.',
  );
}
