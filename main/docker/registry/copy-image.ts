import type { Promoted } from '#main/core/ports.ts';
import { hasBlob, mountBlob, openBlob, type UploadSession } from './blobs.ts';
import { type Companions, findCompanions, isMoreThan, listUnderTag } from './companions.ts';
import { allTogether, createLimit } from './crew.ts';
import { unfit } from './failures.ts';
import { type Descriptor, isAttestation, type Manifest } from './manifest.ts';
import type { Progress } from './progress.ts';
import { type PutAnswer, type RemoteRepository, requireManifest } from './repository.ts';
import { type UploadOptions, uploadBlob } from './upload.ts';

export type Copy = {
  readonly source: RemoteRepository;
  readonly destination: RemoteRepository;
  readonly progress: Progress;
  readonly upload: UploadOptions;
};

/** A part that runs, a statement in the image's own index, or something that refers to it from beside. */
type Role = 'image' | 'attestation' | 'companion';

export type Counts = Omit<Promoted, 'digest' | 'was'>;

/** Requests at once to one registry, and blobs at once through this process. */
const askedAtOnce = 8;
const copiedAtOnce = 4;
/** An index in an index, and a signature of a signature. Deeper is a mistake or an attack. */
const deepest = 4;
const mostManifests = 1_000;

/** Brings what is below a manifest to the destination, children before parents, and what refers to it; not the manifest itself. */
export function createCopy({ source, destination, progress, upload }: Copy) {
  const isSameRegistry = source.at.host === destination.at.host;
  const asking = createLimit(askedAtOnce);
  const copying = createLimit(copiedAtOnce);
  const blobs = new Map<string, Promise<void>>();
  const manifests = new Map<string, Promise<PutAnswer>>();
  const counts = { mounted: 0, present: 0, copied: 0, bytesCopied: 0 };

  async function copyThrough(blob: Descriptor, session: UploadSession | undefined, signal: AbortSignal) {
    const { digest, size } = blob;
    await uploadBlob(
      destination,
      {
        blob,
        signal,
        ...(session === undefined ? {} : { session }),
        open: (offset, openSignal) => openBlob(source, blob, offset, openSignal),
        onBytes: (sent) => progress.reach(digest, sent),
      },
      upload,
    );
    counts.copied += 1;
    counts.bytesCopied += size;
  }

  async function copyBlob(blob: Descriptor, signal: AbortSignal): Promise<void> {
    if (isSameRegistry) {
      const session = await asking(() => mountBlob(destination, blob, source, signal));
      if (session === undefined) counts.mounted += 1;
      else await copying(() => copyThrough(blob, session, signal));
    } else if (await asking(() => hasBlob(destination, blob, signal))) {
      counts.present += 1;
    } else {
      await copying(() => copyThrough(blob, undefined, signal));
    }
    progress.finish(blob.digest);
  }

  function blobOnce(blob: Descriptor, isLayer: boolean, signal: AbortSignal): Promise<void> {
    const known = blobs.get(blob.digest);
    if (known !== undefined) return known;
    progress.reach(blob.digest, 0, blob.size, isLayer);
    const copied = copyBlob(blob, signal);
    blobs.set(blob.digest, copied);
    return copied;
  }

  /** With all that is below it and beside it. */
  function manifestOnce(digest: string, depth: number, role: Role, signal: AbortSignal): Promise<PutAnswer> {
    const known = manifests.get(digest);
    if (known !== undefined) return known;
    if (depth > deepest || manifests.size >= mostManifests) return Promise.reject(endless(source));
    const copied = copyManifest(digest, digest, depth, role, signal);
    manifests.set(digest, copied);
    return copied;
  }

  async function copyManifest(from: string, to: string, depth: number, role: Role, signal: AbortSignal) {
    const manifest = await asking(() => requireManifest(source, from, signal));
    await allTogether(signal, (both) => [
      contents(manifest, depth, role, both),
      ...(role === 'attestation' ? [] : [companions(manifest.digest, depth, role, both)]),
    ]);
    return asking(() => destination.putManifest(to, manifest, signal));
  }

  function contents(manifest: Manifest, depth: number, role: Role, outer: AbortSignal): Promise<void> {
    return allTogether(outer, (signal) =>
      manifest.kind === 'image'
        ? [
            blobOnce(manifest.config, false, signal),
            ...manifest.layers.filter(isKept).map((layer) => blobOnce(layer, true, signal)),
          ]
        : manifest.children.map((child) =>
            manifestOnce(child.digest, depth + 1, isAttestation(child) ? 'attestation' : role, signal),
          ),
    );
  }

  async function companions(
    digest: string,
    depth: number,
    role: Role,
    outer: AbortSignal,
    known?: Companions,
  ): Promise<void> {
    const { referrers, cosignTags } =
      known ?? (await asking(() => findCompanions(source, digest, role === 'image', outer)));
    await allTogether(outer, (signal) => [
      addReferrers(referrers, digest, depth, signal),
      ...cosignTags.map((tag) => copyTag(tag, depth, signal)),
    ]);
  }

  async function addReferrers(
    referrers: readonly Descriptor[],
    digest: string,
    depth: number,
    outer: AbortSignal,
  ) {
    const unlisted: Descriptor[] = [];
    await allTogether(outer, (signal) =>
      referrers.map(async (one) => {
        const answer = await manifestOnce(one.digest, depth + 1, 'companion', signal);
        if (!answer.keepsReferrers) unlisted.push(one);
      }),
    );
    if (unlisted.length > 0) await listUnderTag(destination, digest, unlisted, outer);
  }

  async function copyTag(tag: string, depth: number, signal: AbortSignal): Promise<void> {
    const [ours, theirs] = await Promise.all([
      source.manifest(tag, signal),
      destination.manifest(tag, signal),
    ]);
    if (ours === undefined || !isMoreThan(ours, theirs)) return;
    await copyManifest(tag, tag, depth + 1, 'companion', signal);
  }

  return {
    counts: (): Counts => counts,
    contents: (manifest: Manifest, signal: AbortSignal) => contents(manifest, 0, 'image', signal),
    /** `known`: where the source was asked before. */
    companions: ({ digest }: Manifest, known: Companions | undefined, signal: AbortSignal) =>
      companions(digest, 0, 'image', signal, known),
  };
}

function endless({ name }: RemoteRepository) {
  const hint = 'Such an image is a mistake, or made to keep Gantry busy: look at its manifest.';
  return unfit(`The image in ${name} has manifests below manifests without end.`, hint);
}

/** Licences forbid some layers of Windows to be in registries: they say where else they are. */
function isKept({ urls }: Descriptor): boolean {
  return !urls?.length;
}
