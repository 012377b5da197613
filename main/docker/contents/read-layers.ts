import { damaged, rethrowDamage } from './damage.ts';
import { createLayerBytes } from './layer-bytes.ts';
import type { LayerIndex } from './layer-index.ts';
import type { LayerSource, StoredLayer } from './layer-source.ts';
import type { Offer } from './offers.ts';

/** Reads those of the wanted layers that can be had one by one, each once. */
export async function readLayers(
  offers: readonly Offer[],
  wanted: ReadonlySet<string>,
  onLayer: (diffId: string, index: LayerIndex) => void,
  signal: AbortSignal,
): Promise<void> {
  const tasks = offers.flatMap((offer) =>
    offer.kind === 'source' ? offer.layers.map((layer) => ({ source: offer.source, layer })) : [],
  );
  const taken = new Set<string>();
  const needed = tasks.filter(({ layer: { diffId } }) => {
    const isNeeded = wanted.has(diffId) && !taken.has(diffId);
    taken.add(diffId);
    return isNeeded;
  });
  const queue = needed.values();
  const lane = async () => {
    for (const { source, layer } of queue) onLayer(layer.diffId, await readLayer(source, layer, signal));
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
