import { GantryError } from '#shared/domain/errors.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import type { Connection } from '../connection.ts';
import type { EngineAccess } from '../engine-access.ts';
import { damaged, rethrowDamage } from './damage.ts';
import type { EngineContent } from './engine-content.ts';
import { readHistory } from './history.ts';
import { createLayerBytes } from './layer-bytes.ts';
import type { LayerCache } from './layer-cache.ts';
import type { LayerIndex } from './layer-index.ts';
import type { LayerSource, StoredLayer } from './layer-source.ts';
import { createOciSource } from './oci-image.ts';
import { imageGone, readSavedImages } from './saved-images.ts';

export type ReadTools = {
  readonly access: EngineAccess;
  readonly cache: LayerCache;
  /** Where an image is that the engine does not have. */
  readonly elsewhere?: (image: ImageFacts, signal: AbortSignal) => Promise<LayerSource | undefined>;
};

export type ReadImages = {
  /** By diff id; without those that were not worth reading. */
  readonly indexes: ReadonlyMap<string, LayerIndex>;
  /** By image id, one for each layer; missing where they are not known. */
  readonly lines: ReadonlyMap<string, readonly string[]>;
};

/**
 * What is in the layers of one or two images: out of the cache, and the rest from the engine, else from elsewhere.
 * Images with the same layers are not read at all. Throws `image-gone` when layers are nowhere to be had.
 */
export async function readImages(
  tools: ReadTools,
  images: readonly ImageFacts[],
  signal: AbortSignal,
): Promise<ReadImages> {
  const ids = [...new Set(images.flatMap(({ layers }) => layers))];
  const found = new Map<string, LayerIndex>();
  await Promise.all(
    ids.map(async (id) => {
      const index = await tools.cache.get(id);
      if (index !== undefined) found.set(id, index);
    }),
  );
  const base = sharedBase(images);
  if (images.every(({ layers }) => layers.length === base)) {
    if (images.length > 1)
      return { indexes: found.size === ids.length ? found : new Map(), lines: new Map() };
  }
  const wanted = new Set(ids.filter((id) => !found.has(id)));
  const work: Work = { tools, images, found, wanted, signal, puts: [] };
  try {
    const lines = work.wanted.size === 0 ? await readLinesOnly(work) : await readWanted(work);
    return { indexes: found, lines };
  } finally {
    await Promise.all(work.puts);
  }
}

type Work = {
  readonly tools: ReadTools;
  readonly images: readonly ImageFacts[];
  readonly found: Map<string, LayerIndex>;
  /** Becomes empty. */
  readonly wanted: Set<string>;
  readonly signal: AbortSignal;
  /** What is being written to the cache, while more is read. */
  readonly puts: Promise<void>[];
};

type Lines = Map<string, readonly string[]>;

/** How many layers all images have in common from the bottom up. */
function sharedBase(images: readonly ImageFacts[]): number {
  const [first, ...others] = images;
  if (first === undefined) return 0;
  const height = first.layers.findIndex((id, at) => others.some(({ layers }) => layers[at] !== id));
  return height === -1 ? first.layers.length : height;
}

/** Where one image can be read. */
type Offer = { readonly image: ImageFacts } & (
  | { readonly kind: 'source'; readonly source: LayerSource; readonly layers: readonly StoredLayer[] }
  | { readonly kind: 'saved'; readonly lines: readonly string[] | undefined }
  | { readonly kind: 'gone'; readonly why: GantryError }
);

/** Nice to have: everything else is known. */
async function readLinesOnly({ tools, images, signal }: Work): Promise<Lines> {
  try {
    return await tools.access.use(signal, async (connection, both) => {
      const content = await contentWith(connection, images, both);
      try {
        return linesOf(await Promise.all(images.map((image) => offerOf(connection, content, image, both))));
      } finally {
        content?.close();
      }
    });
  } catch {
    signal.throwIfAborted();
    return new Map();
  }
}

async function readWanted(work: Work): Promise<Lines> {
  const { tools, images, signal } = work;
  try {
    return await tools.access.use(signal, async (connection, both) => {
      const content = await contentWith(connection, images, both);
      try {
        const offers = await Promise.all(images.map((image) => offerOf(connection, content, image, both)));
        await readSources(work, offers, both);
        await readSaved(work, connection, offers, both);
        return await readElsewhere(work, offers);
      } finally {
        content?.close();
      }
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof GantryError) || error.code !== 'engine-unreachable') throw error;
    return readElsewhere(
      work,
      images.map((image) => ({ kind: 'gone', image, why: error })),
    );
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

async function offerOf(
  connection: Connection,
  content: EngineContent | undefined,
  image: ImageFacts,
  signal: AbortSignal,
): Promise<Offer> {
  const { imageId } = image.identity;
  if (content !== undefined) {
    const source = createOciSource(content, imageId, image.layers);
    try {
      return { kind: 'source', image, source, layers: await source.layers(signal) };
    } catch {
      // Not where the containerd store has its images: one of the classic store, or one that this engine only half has.
      signal.throwIfAborted();
    }
  }
  const history = await readHistory(connection, imageId, image.layers.length, signal);
  if (history.kind === 'gone') return { kind: 'gone', image, why: imageGone([imageId]) };
  return { kind: 'saved', image, lines: history.lines };
}

/** Layers that can be had one by one. */
async function readSources(work: Work, offers: readonly Offer[], signal: AbortSignal): Promise<void> {
  const tasks = offers.flatMap((offer) =>
    offer.kind === 'source' ? offer.layers.map((layer) => ({ source: offer.source, layer })) : [],
  );
  const taken = new Set<string>();
  const needed = tasks.filter(({ layer: { diffId } }) => {
    const isNeeded = work.wanted.has(diffId) && !taken.has(diffId);
    taken.add(diffId);
    return isNeeded;
  });
  const queue = needed.values();
  const lane = async () => {
    for (const { source, layer } of queue) {
      keep(work, layer.diffId, await readLayer(source, layer, signal));
    }
  };
  await allOrNone(Array.from({ length: lanes }, lane));
}

/** One decompresses while the other waits for bytes. */
const lanes = 2;

/** Waits for all of them also when one fails: nothing goes on behind the caller's back. */
async function allOrNone(tasks: readonly Promise<void>[]): Promise<void> {
  for (const settled of await Promise.allSettled(tasks)) {
    if (settled.status === 'rejected') throw settled.reason;
  }
}

async function readLayer(source: LayerSource, layer: StoredLayer, signal: AbortSignal): Promise<LayerIndex> {
  const bytes = createLayerBytes({ wantsDiffId: !source.vouchesForDiffIds });
  try {
    for await (const piece of await source.open(layer, signal)) {
      await bytes.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))?.catch(rethrowDamage);
    }
    const read = await bytes.end().catch(rethrowDamage);
    if (read === undefined) throw new Error(`${layer.digest} is no layer`);
    if (read.diffId !== undefined && read.diffId !== layer.diffId)
      throw new Error(`${layer.digest} is not the layer ${layer.diffId} that its image promises`);
    return read.index;
  } catch (error) {
    signal.throwIfAborted();
    // Node's own, of the connection: then the engine is gone, and no layer damaged.
    if (error instanceof Error && 'code' in error) throw error;
    throw damaged(error);
  } finally {
    bytes.drop();
  }
}

async function readSaved(
  work: Work,
  connection: Connection,
  offers: readonly Offer[],
  signal: AbortSignal,
): Promise<void> {
  const { wanted, found } = work;
  const imageIds = offers
    .filter(({ kind, image }) => kind === 'saved' && image.layers.some((id) => wanted.has(id)))
    .map(({ image }) => image.identity.imageId);
  if (imageIds.length === 0) return;
  const inThem = offers.filter(({ kind }) => kind === 'saved').flatMap(({ image }) => image.layers);
  const images = {
    imageIds,
    wanted: new Set(inThem.filter((id) => wanted.has(id))),
    known: new Set(found.keys()),
    onLayer: (id: string, index: LayerIndex) => keep(work, id, index),
  };
  await readSavedImages(connection, images, signal);
}

/** What the engine does not have, and the lines of all. */
async function readElsewhere(work: Work, offers: readonly Offer[]): Promise<Lines> {
  const { tools, signal, wanted } = work;
  const also = await Promise.all(
    offers.map(async (offer): Promise<Offer> => {
      if (offer.kind !== 'gone') return offer;
      const source = await tools.elsewhere?.(offer.image, signal);
      if (source === undefined) return offer;
      return { kind: 'source', image: offer.image, source, layers: await source.layers(signal) };
    }),
  );
  const isFar = also.every((offer) => offer.kind !== 'source' || !offer.source.isNear);
  // Pulled for nothing but telling a new file from one that takes another's place.
  if (isFar && work.images.length > 1)
    for (const id of work.images[0]?.layers.slice(0, sharedBase(work.images)) ?? []) wanted.delete(id);
  await readSources(work, also, signal);
  const lacking = also.find(({ image }) => image.layers.some((id) => wanted.has(id)));
  if (lacking !== undefined)
    throw lacking.kind === 'gone' ? lacking.why : imageGone([lacking.image.identity.imageId]);
  return linesOf(also);
}

function keep({ tools, found, wanted, puts }: Work, id: string, index: LayerIndex): void {
  found.set(id, index);
  wanted.delete(id);
  puts.push(tools.cache.put(id, index));
}

function linesOf(offers: readonly Offer[]): Lines {
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
