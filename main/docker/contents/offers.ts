import type { GantryError } from '#shared/domain/errors.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import type { Connection } from '../connection.ts';
import type { EngineContent } from './engine-content.ts';
import { readHistory } from './history.ts';
import type { LayerSource, StoredLayer } from './layer-source.ts';
import { createOciSource } from './oci-image.ts';
import { imageGone } from './saved-images.ts';

/** A registry that has an image; `undefined` when it is known to be in none, or in none near by. */
export type Elsewhere = (
  image: ImageFacts,
  where: 'anywhere' | 'near',
  signal: AbortSignal,
) => Promise<LayerSource | undefined>;

/** Where one image can be read. */
export type Offer = { readonly image: ImageFacts } & (
  | {
      readonly kind: 'source';
      readonly source: LayerSource;
      readonly layers: readonly StoredLayer[];
      /** It comes before the engine, which was not asked, and may have the image as well, though only whole. */
      readonly isBeforeEngine?: true;
    }
  | { readonly kind: 'saved'; readonly lines: readonly string[] | undefined }
  | { readonly kind: 'gone'; readonly why: GantryError }
);

/** By image id, one for each layer. */
export type Lines = Map<string, readonly string[]>;

export function linesOf(offers: readonly Offer[]): Lines {
  const lines: Lines = new Map();
  for (const offer of offers) {
    const { imageId } = offer.image.identity;
    if (offer.kind === 'source')
      lines.set(
        imageId,
        offer.layers.map(({ createdBy }) => createdBy ?? ''),
      );
    else if (offer.kind === 'saved' && offer.lines !== undefined) lines.set(imageId, offer.lines);
  }
  return lines;
}

/** Calls `use` with what the engine offers. With `near`, a registry near by comes before an engine that has images only whole. */
export async function withOffers<T>(
  connection: Connection,
  images: readonly ImageFacts[],
  near: Elsewhere | undefined,
  signal: AbortSignal,
  use: (offers: readonly Offer[]) => Promise<T>,
): Promise<T> {
  const content = await contentWith(connection, images, signal);
  const offerOf = async (image: ImageFacts) =>
    (await fromContent(content, image, signal)) ??
    (await fromNearBy(near, image, signal)) ??
    (await whole(connection, image, signal));
  try {
    return await use(await Promise.all(images.map(offerOf)));
  } finally {
    content?.close();
  }
}

/** Of a classic store, which calls images by their configs, nothing is in the content store. Loaded when it is of use. */
async function contentWith(
  connection: Connection,
  images: readonly ImageFacts[],
  signal: AbortSignal,
): Promise<EngineContent | undefined> {
  if (images.every(({ identity }) => identity.imageId === identity.configDigest)) return undefined;
  const { openEngineContent } = await import('./engine-content.ts');
  return openEngineContent(connection, signal);
}

async function fromContent(
  content: EngineContent | undefined,
  image: ImageFacts,
  signal: AbortSignal,
): Promise<Offer | undefined> {
  if (content === undefined) return undefined;
  const source = createOciSource(content, image.identity.imageId, image.layers);
  try {
    return { kind: 'source', image, source, layers: await source.layers(signal) };
  } catch {
    // Not where the containerd store has its images: one of the classic store, or one that this engine only half has.
    signal.throwIfAborted();
    return undefined;
  }
}

/** One that takes longer is of no help: `docker save` takes some seconds for a GB. */
const nearWithinMs = 1_000;

async function fromNearBy(
  near: Elsewhere | undefined,
  image: ImageFacts,
  signal: AbortSignal,
): Promise<Offer | undefined> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(nearWithinMs)]);
  try {
    const source = await near?.(image, 'near', patience);
    if (source === undefined) return undefined;
    return { kind: 'source', image, source, layers: await source.layers(patience), isBeforeEngine: true };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

async function whole(connection: Connection, image: ImageFacts, signal: AbortSignal): Promise<Offer> {
  const { imageId } = image.identity;
  const history = await readHistory(connection, imageId, image.layers.length, signal);
  if (history.kind === 'gone') return { kind: 'gone', image, why: imageGone([imageId]) };
  return { kind: 'saved', image, lines: history.lines };
}
