import { GantryError } from '#shared/domain/errors.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import type { Connection } from '../connection.ts';
import type { EngineAccess } from '../engine-access.ts';
import type { LayerCache } from './layer-cache.ts';
import type { LayerIndex } from './layer-index.ts';
import { type Elsewhere, type Lines, linesOf, type Offer, withOffers } from './offers.ts';
import { readLayers } from './read-layers.ts';
import { imageGone, readSavedImages } from './saved-images.ts';
import { standsAlone } from './stands-alone.ts';

export type ReadTools = {
  readonly access: EngineAccess;
  readonly cache: LayerCache;
  readonly elsewhere?: Elsewhere;
};

export type ReadImages = {
  /** By diff id; without those that were not worth reading. */
  readonly indexes: ReadonlyMap<string, LayerIndex>;
  /** By image id, one for each layer; missing where they are not known. */
  readonly lines: ReadonlyMap<string, readonly string[]>;
  /** Whether the images differ by the same whatever is in the layers that are missing. */
  readonly isEnough: boolean;
};

/**
 * What is in the layers of one or two images: out of the cache, else from where they can be had one by one, else from the
 * engine, which may have images only whole. What both stand on is read where it changes how they differ, or where `whole`
 * asks for it, and left unread far away; without `whole`, images with the same layers are not read at all. Throws
 * `image-gone` when layers are nowhere to be had.
 */
export async function readImages(
  tools: ReadTools,
  images: readonly ImageFacts[],
  { whole, signal }: { readonly whole: boolean; readonly signal: AbortSignal },
): Promise<ReadImages> {
  const base = images.length > 1 ? sharedBase(images) : 0;
  const upper = new Set(images.flatMap(({ layers }) => layers.slice(base)));
  const lower = new Set(images.flatMap(({ layers }) => layers.slice(0, base)));
  const below = [...lower].filter((id) => !upper.has(id));
  const found = await findKept(tools.cache, [...upper, ...below]);
  const isAllKnown = found.size === upper.size + below.length;
  if (upper.size === 0 && (isAllKnown || !whole))
    return { indexes: isAllKnown ? found : new Map(), lines: new Map(), isEnough: true };
  const isUnknown = (id: string) => !found.has(id);
  const work: Work = {
    ...{ tools, images, base, found, signal, puts: [] },
    wanted: new Set([...upper, ...(whole ? below : [])].filter(isUnknown)),
    below: new Set(below.filter(isUnknown)),
  };
  try {
    const lines =
      work.wanted.size === 0 && isEnough(work) ? await readLinesOnly(work) : await readWanted(work);
    return { indexes: found, lines, isEnough: isEnough(work) };
  } finally {
    await Promise.all(work.puts);
  }
}

type Work = {
  readonly tools: ReadTools;
  readonly images: readonly ImageFacts[];
  /** How many layers both images stand on. */
  readonly base: number;
  readonly found: Map<string, LayerIndex>;
  /** Becomes empty. */
  readonly wanted: Set<string>;
  /** Unknown layers that both images stand on. */
  readonly below: Set<string>;
  /** Found out once: among 100,000 files it takes some 100 ms. */
  standsAlone?: boolean;
  readonly signal: AbortSignal;
  /** What is being written to the cache, while more is read. */
  readonly puts: Promise<void>[];
};

/** How many layers all images have in common from the bottom up. */
function sharedBase(images: readonly ImageFacts[]): number {
  const [first, ...others] = images;
  if (first === undefined) return 0;
  const height = first.layers.findIndex((id, at) => others.some(({ layers }) => layers[at] !== id));
  return height === -1 ? first.layers.length : height;
}

async function findKept(cache: LayerCache, ids: readonly string[]): Promise<Map<string, LayerIndex>> {
  const found = new Map<string, LayerIndex>();
  await Promise.all(
    ids.map(async (id) => {
      const index = await cache.get(id);
      if (index !== undefined) found.set(id, index);
    }),
  );
  return found;
}

/** To be asked when all layers above those that both stand on are known. */
function isEnough(work: Work): boolean {
  if (work.below.size === 0) return true;
  work.standsAlone ??= doUpperLayersStandAlone(work);
  return work.standsAlone;
}

function doUpperLayersStandAlone({ images, base, found }: Work): boolean {
  const [left = [], right = []] = images.map(({ layers }) =>
    layers.slice(base).flatMap((id) => found.get(id) ?? []),
  );
  return standsAlone(left, right);
}

/** Nice to have: everything else is known. */
async function readLinesOnly(work: Work): Promise<Lines> {
  try {
    return await readWanted(work);
  } catch {
    work.signal.throwIfAborted();
    return new Map();
  }
}

async function readWanted(work: Work): Promise<Lines> {
  const { tools, images, signal } = work;
  try {
    return await tools.access.use(signal, (connection, both) => readWith(work, connection, both));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof GantryError) || error.code !== 'engine-unreachable') throw error;
    return readElsewhere(
      work,
      images.map((image) => ({ kind: 'gone', image, why: error })),
    );
  }
}

async function readWith(work: Work, connection: Connection, signal: AbortSignal): Promise<Lines> {
  const { tools, images } = work;
  let isEngineUnasked = false;
  const read = async (offers: readonly Offer[]) => {
    isEngineUnasked = offers.some((offer) => offer.kind === 'source' && offer.isBeforeEngine === true);
    await readLayers(offers, work.wanted, keepIn(work), signal);
    await readSaved(work, connection, offers, signal);
    return readElsewhere(work, offers);
  };
  const near = work.wanted.size === 0 ? undefined : tools.elsewhere;
  try {
    return await withOffers(connection, images, near, signal, read);
  } catch (error) {
    signal.throwIfAborted();
    // A registry that has less than it says, or has gone meanwhile.
    if (!isEngineUnasked) throw error;
    return withOffers(connection, images, undefined, signal, read);
  }
}

async function readSaved(
  work: Work,
  connection: Connection,
  offers: readonly Offer[],
  signal: AbortSignal,
): Promise<void> {
  const saved = offers.filter(({ kind }) => kind === 'saved');
  if (saved.length === 0) return;
  // They come along.
  if (work.wanted.size > 0 || !isEnough(work)) wantBelow(work);
  const { wanted, found } = work;
  const isLacking = ({ image }: Offer) => image.layers.some((id) => wanted.has(id));
  const imageIds = saved.filter(isLacking).map(({ image }) => image.identity.imageId);
  if (imageIds.length === 0) return;
  const inThem = saved.flatMap(({ image }) => image.layers);
  const images = {
    imageIds,
    wanted: new Set(inThem.filter((id) => wanted.has(id))),
    known: new Set(found.keys()),
    onLayer: keepIn(work),
  };
  await readSavedImages(connection, images, signal);
}

/** What the engine does not have, what both stand on where that is needed, and the lines of all. */
async function readElsewhere(work: Work, offers: readonly Offer[]): Promise<Lines> {
  const { tools, images, signal, wanted, below } = work;
  const patience = wanted.size === 0 ? AbortSignal.any([signal, AbortSignal.timeout(linesWithinMs)]) : signal;
  const also = await Promise.all(
    offers.map(async (offer): Promise<Offer> => {
      if (offer.kind !== 'gone') return offer;
      const { image } = offer;
      try {
        const source = await tools.elsewhere?.(image, 'anywhere', patience);
        if (source === undefined) return offer;
        return { kind: 'source', image, source, layers: await source.layers(patience) };
      } catch (error) {
        signal.throwIfAborted();
        // Of an image that is known its lines would have been nice to have.
        if (image.layers.some((id) => wanted.has(id) && !below.has(id))) throw error;
        return offer;
      }
    }),
  );
  const isFar = also.every((offer) => offer.kind !== 'source' || !offer.source.isNear);
  // Pulled for nothing but telling a new file from one that takes another's place.
  if (isFar && images.length > 1) for (const id of below) wanted.delete(id);
  await readLayers(also, wanted, keepIn(work), signal);
  const lacking = also.find(({ image }) => image.layers.some((id) => wanted.has(id)));
  if (lacking !== undefined)
    throw lacking.kind === 'gone' ? lacking.why : imageGone([lacking.image.identity.imageId]);
  if (!isFar && !isEnough(work)) {
    wantBelow(work);
    return readElsewhere(work, also);
  }
  return linesOf(also);
}

/** What a comparison that has everything else waits for the lines that made its layers. */
const linesWithinMs = 1_000;

function wantBelow({ wanted, below }: Work): void {
  for (const id of below) wanted.add(id);
}

function keepIn({ tools, found, wanted, below, puts }: Work) {
  return (id: string, index: LayerIndex): void => {
    found.set(id, index);
    wanted.delete(id);
    below.delete(id);
    puts.push(tools.cache.put(id, index));
  };
}
