import type { ListedManifest } from '#main/core/ports.ts';
import { createLimit } from './crew.ts';
import { listTags } from './listing.ts';
import { readManifest } from './manifest.ts';
import type { RemoteRepository } from './repository.ts';

const atOnce = 8;

/** What the manifests that a digest names are never changes: asked once. */
export type PartsCache = Map<string, readonly string[]>;

/** What every tag of a repository points to now, and those of the digests that are there without one. */
export async function listManifests(
  repository: RemoteRepository,
  digests: readonly string[],
  cache: PartsCache,
  signal: AbortSignal,
): Promise<readonly ListedManifest[]> {
  const limit = createLimit(atOnce);
  const tags = new Map<string, string[]>();
  await Promise.all(
    (await listTags(repository, signal)).map((tag) =>
      limit(async () => {
        const digest = await repository.digest(tag, signal);
        // Removed meanwhile.
        if (digest !== undefined) tags.set(digest, [...(tags.get(digest) ?? []), tag]);
      }),
    ),
  );
  const wanted = new Set([...tags.keys(), ...digests]);
  const found = await Promise.all(
    [...wanted].map((digest) =>
      limit(async () => {
        const parts = await partsOf(repository, digest, cache, signal);
        return parts === undefined ? [] : [{ digest, tags: (tags.get(digest) ?? []).sort(), parts }];
      }),
    ),
  );
  return found.flat();
}

/** `undefined` when it is not there; what was there once may be gone, which the cache does not know. */
async function partsOf(
  repository: RemoteRepository,
  digest: string,
  cache: PartsCache,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const known = cache.get(digest);
  if (known !== undefined) return known;
  const found = await repository.rawManifest(digest, signal);
  if (found === undefined) return undefined;
  const parts = childrenIn(found.raw, found.mediaType);
  cache.set(digest, parts);
  return parts;
}

/** None in what is no manifest of an image. */
function childrenIn(raw: Buffer, mediaType: string): readonly string[] {
  try {
    const manifest = readManifest(raw, mediaType, '');
    return manifest.kind === 'index' ? manifest.children.map((child) => child.digest) : [];
  } catch {
    return [];
  }
}
