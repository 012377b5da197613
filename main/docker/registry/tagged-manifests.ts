import type { TaggedManifest } from '#main/core/ports.ts';
import { createLimit } from './crew.ts';
import { listTags } from './listing.ts';
import { readManifest } from './manifest.ts';
import type { RemoteRepository } from './repository.ts';

const atOnce = 8;

/** What the manifests that a digest names are never changes: asked once. */
export type PartsCache = Map<string, readonly string[]>;

/** Every tag of a repository, with what it points to now. A tag that is removed meanwhile is left out. */
export async function taggedManifests(
  repository: RemoteRepository,
  cache: PartsCache,
  signal: AbortSignal,
): Promise<readonly TaggedManifest[]> {
  const limit = createLimit(atOnce);
  const tags = await listTags(repository, signal);
  const found = await Promise.all(
    tags.map((tag) =>
      limit(async () => {
        const digest = await repository.digest(tag, signal);
        if (digest === undefined) return [];
        return [{ tag, digest, parts: await partsOf(repository, digest, cache, signal) }];
      }),
    ),
  );
  return found.flat();
}

async function partsOf(
  repository: RemoteRepository,
  digest: string,
  cache: PartsCache,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const known = cache.get(digest);
  if (known !== undefined) return known;
  const found = await repository.rawManifest(digest, signal);
  const parts = found === undefined ? [] : childrenIn(found.raw, found.mediaType);
  if (found !== undefined) cache.set(digest, parts);
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
