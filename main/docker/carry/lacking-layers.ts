import * as z from 'zod';
import type { MissingImage } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Connection } from '../connection.ts';
import { readLayerSizes } from '../contents/history.ts';
import { splitRef } from '../image-ref.ts';
import { inspectImage } from '../images.ts';

export type Lacking = Omit<MissingImage, 'present'> & {
  /** Diff ids of the layers that are there. */
  readonly present: readonly string[];
};

/** Earlier releases that are looked at; the newest has most in common. */
const mostCompared = 4;

/**
 * Compared with what the destination has of the same repository. A store of containerd needs every layer of an archive
 * even where it has them, because it keeps them by their compressed bytes; and an engine with one names layers in its
 * archives by those. There all of it travels.
 */
export async function lackingLayers(
  source: Connection,
  destination: Connection,
  imageId: string,
  ref: string,
  signal: AbortSignal,
): Promise<Lacking> {
  const image = await inspectImage(source, imageId, signal);
  if (image === undefined) throw gone(imageId);
  const layers = image.RootFS?.Layers ?? [];
  const whole = { bytes: image.Size, layers: layers.length, present: [] };
  const stores = await Promise.all([source.imageStore(signal), destination.imageStore(signal)]);
  if (stores.includes('containerd')) return whole;
  const shared = await sharedPrefix(destination, layers, ref, signal);
  if (shared === 0) return whole;
  const sizes = await readLayerSizes(source, imageId, layers.length, signal);
  return {
    // Without sizes of layers nothing is known but the sum.
    bytes: sizes === undefined ? image.Size : sizes.slice(shared).reduce((sum, size) => sum + size, 0),
    layers: layers.length - shared,
    present: layers.slice(0, shared),
  };
}

const listSchema = z.array(z.object({ Id: z.string(), Created: z.number() }));

/** A layer is only the same on top of the same layers. */
async function sharedPrefix(
  destination: Connection,
  layers: readonly string[],
  ref: string,
  signal: AbortSignal,
): Promise<number> {
  const filters = JSON.stringify({ reference: [splitRef(ref).repository] });
  const request = { method: 'GET', path: '/images/json', query: { filters }, signal } as const;
  const listed = await destination.ask(listSchema, request);
  const newest = listed.toSorted((a, b) => b.Created - a.Created).slice(0, mostCompared);
  const images = await Promise.all(newest.map(({ Id }) => inspectImage(destination, Id, signal)));
  const prefixes = images.map((image) => prefixLength(layers, image?.RootFS?.Layers ?? []));
  return Math.max(0, ...prefixes);
}

function prefixLength(one: readonly string[], other: readonly string[]): number {
  const differs = one.findIndex((layer, at) => layer !== other[at]);
  return differs === -1 ? one.length : differs;
}

function gone(imageId: string): GantryError {
  return new GantryError(
    'image-gone',
    `The engine no longer has the image ${imageId}.`,
    'Build its commit again, or choose another release.',
  );
}
