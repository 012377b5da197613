import { listReferrers, referrersTag } from './listing.ts';
import { type Descriptor, type Manifest, mediaTypes, readManifest } from './manifest.ts';
import type { RemoteRepository } from './repository.ts';

/** What refers to an image from beside it. */
export type Companions = {
  readonly referrers: readonly Descriptor[];
  readonly cosignTags: readonly string[];
};

/** Where cosign keeps what it says of an image when it is not told to use referrers. */
const cosignSuffixes = ['sig', 'att', 'sbom'];

/** Of a companion itself cosign keeps nothing under tags. */
export async function findCompanions(
  source: RemoteRepository,
  digest: string,
  isImage: boolean,
  signal: AbortSignal,
): Promise<Companions> {
  const [referrers, cosignTags] = await Promise.all([
    listReferrers(source, digest, signal),
    isImage ? findCosignTags(source, digest, signal) : [],
  ]);
  return { referrers, cosignTags };
}

/** Those tags of the image's own repository that are there. */
async function findCosignTags(
  source: RemoteRepository,
  digest: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const tags = cosignSuffixes.map((suffix) => `${referrersTag(digest)}.${suffix}`);
  const found = await Promise.all(tags.map((tag) => source.digest(tag, signal)));
  return tags.filter((_, index) => found[index] !== undefined);
}

/** Signatures are added as layers: whether the destination would lose none if it got ours in place of its own. */
export function isMoreThan(ours: Manifest, theirs: Manifest | undefined): boolean {
  if (theirs === undefined) return true;
  if (ours.digest === theirs.digest || ours.kind !== 'image' || theirs.kind !== 'image') return false;
  const known = new Set(ours.layers.map(({ digest }) => digest));
  return theirs.layers.every(({ digest }) => known.has(digest));
}

/**
 * For a registry that keeps no list of referrers itself: adds to the one under the tag that clients agree on. It is
 * ours to write, unlike the manifests that it lists.
 */
export async function listUnderTag(
  destination: RemoteRepository,
  digest: string,
  referrers: readonly Descriptor[],
  signal: AbortSignal,
): Promise<void> {
  const tag = referrersTag(digest);
  const found = await destination.rawManifest(tag, signal);
  const read = found && readManifest(found.raw, found.mediaType, `${destination.name}:${tag}`);
  const known = read?.kind === 'index' ? read.children : [];
  const added = referrers.filter(({ digest: wanted }) => !known.some((one) => one.digest === wanted));
  if (added.length === 0) return;
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [...known, ...added] };
  const raw = Buffer.from(JSON.stringify(index));
  await destination.putManifest(tag, { raw, mediaType: mediaTypes.ociIndex }, signal);
}
