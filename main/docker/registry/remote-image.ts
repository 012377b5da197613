import type { RemoteImage } from '#main/core/ports.ts';
import { refused } from './failures.ts';
import { createKept, type Kept } from './kept.ts';
import { type Descriptor, isAttestation, type Manifest } from './manifest.ts';
import { type RemoteRepository, requireManifest } from './repository.ts';

/** What was read of registries. */
export type KeptImages = {
  /** By `repository@digest`. */
  readonly images: Kept<RemoteImage>;
  /** By digest, whatever repository it was in: its bytes are checked against it. */
  readonly manifests: Kept<Manifest>;
};

const mostImages = 500;
/** Of a few thousand bytes each. */
const mostManifests = 200;

export function keepImages(): KeptImages {
  return { images: createKept(mostImages), manifests: createKept(mostManifests) };
}

/** `undefined` when there is no such image. */
export async function resolveImage(
  repository: RemoteRepository,
  reference: string,
  { images, manifests }: KeptImages,
  signal: AbortSignal,
): Promise<RemoteImage | undefined> {
  const keyOf = (digest: string) => `${repository.name}@${digest}`;
  // A digest whose manifest has to be read anyway need not be asked for before.
  const isRead = reference.startsWith('sha256:') && images.get(keyOf(reference)) === undefined;
  const digest = isRead ? reference : await repository.digest(reference, signal);
  if (digest === undefined) return undefined;
  const known = images.get(keyOf(digest));
  if (known !== undefined) return known;
  const manifest = await repository.manifest(reference, signal);
  if (manifest === undefined) return undefined;
  if (manifest.digest !== digest) throw contradiction(repository, reference, digest, manifest.digest);
  const image = await readImage(repository, manifest, signal);
  images.set(keyOf(digest), image);
  manifests.set(digest, manifest);
  return image;
}

/** Between the two questions a tag may have moved; a registry that does not know its own digests looks the same. */
function contradiction({ at, name }: RemoteRepository, reference: string, told: string, given: string) {
  return refused(
    `The registry ${at.host} says that ${name}:${reference} is ${told}, and gives ${given}.`,
    'If the tag was moved at this moment, try again; else the registry is broken.',
  );
}

async function readImage(
  repository: RemoteRepository,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<RemoteImage> {
  const manifests = await manifestsBelow(repository, manifest, signal);
  const images = manifests.filter(({ isStatement }) => !isStatement);
  const [only, ...others] = images;
  const sizes = new Map(manifests.flatMap(({ blobs }) => blobs).map(({ digest, size }) => [digest, size]));
  return {
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    size: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    ...(only !== undefined && others.length === 0 ? { configDigest: only.configDigest } : {}),
  };
}

type Below = {
  readonly isStatement: boolean;
  readonly configDigest: string;
  readonly blobs: readonly Descriptor[];
};

async function manifestsBelow(
  repository: RemoteRepository,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<readonly Below[]> {
  if (manifest.kind === 'image') {
    const { config, layers } = manifest;
    return [{ isStatement: false, configDigest: config.digest, blobs: [config, ...layers] }];
  }
  const found = await Promise.all(
    manifest.children.map(async (child) => {
      const read = await requireManifest(repository, child.digest, signal);
      // An index in an index is rare; what is in it runs nowhere that Gantry deploys to.
      const below = read.kind === 'image' ? await manifestsBelow(repository, read, signal) : [];
      return below.map((one) => ({ ...one, isStatement: isAttestation(child) }));
    }),
  );
  return found.flat();
}
