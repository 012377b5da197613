import type { Readable } from 'node:stream';
import { GantryError } from '#shared/domain/errors.ts';
import type { Connection } from '../connection.ts';
import { ConnectionCut } from '../control/grpc-failure.ts';
import { damaged, rethrowDamage } from './damage.ts';
import { createLayerBytes, type LayerBytes } from './layer-bytes.ts';
import type { LayerIndex } from './layer-index.ts';
import { createTarReader, type TarEntry, type TarSink } from './tar-reader.ts';

export type SavedImages = {
  readonly imageIds: readonly string[];
  /** Diff ids of the layers that are to be read. */
  readonly wanted: ReadonlySet<string>;
  /** Diff ids that need not be looked at, where the archive names its layers by them. */
  readonly known: ReadonlySet<string>;
  onLayer(diffId: string, index: LayerIndex): void;
};

/**
 * Reads layers out of what `docker save` makes of images, in one go and only as far as needed: layers of both are in
 * it once. Docker since 25 names plain layers by their diff ids; Docker before, Podman and the containerd store by
 * other things: there each layer is hashed to know which it is. Throws `image-gone` and `engine-refused`.
 */
export async function readSavedImages(
  connection: Connection,
  images: SavedImages,
  signal: AbortSignal,
): Promise<void> {
  const answer = await connection.send({
    method: 'GET',
    path: '/images/get',
    query: { names: images.imageIds },
    signal,
    accept: [404],
  });
  if (answer.statusCode === 404) {
    answer.destroy();
    throw imageGone(images.imageIds);
  }
  const layers = createLayersInArchive(images);
  try {
    if (await readUntilDone(answer, layers)) return;
    await layers.end().catch(rethrowDamage);
  } finally {
    layers.drop();
    // Unread, the rest would keep the engine waiting.
    answer.destroy();
  }
}

/**
 * False when the archive ended first. Piece by piece as they come: tens of thousands of small ones, for each of which
 * `for await` would make promises.
 */
function readUntilDone(answer: Readable, layers: LayersInArchive): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let waiting: Promise<unknown> | undefined;
    const fail = (error: unknown) => reject(damaged(error));
    const goOn = () => {
      waiting = undefined;
      if (layers.isDone()) resolve(true);
      else answer.resume();
    };
    answer.on('data', (bytes: Buffer) => {
      try {
        waiting = layers.write(bytes);
      } catch (error) {
        fail(error);
      }
      if (waiting === undefined) return;
      answer.pause();
      waiting.then(goOn, fail);
    });
    // A stream ends also while it is held, if nothing is left in it.
    answer.on('end', () => Promise.resolve(waiting).then(() => resolve(layers.isDone()), fail));
    // Apart from damage: the connection's own errors mean that the engine is gone.
    answer.on('error', reject);
    const cut = () => reject(new ConnectionCut());
    answer.on('close', () => Promise.resolve(waiting).then(cut, cut));
  });
}

export function imageGone(imageIds: readonly string[]): GantryError {
  const ids = imageIds.map((id) => id.replace('sha256:', '').slice(0, 12)).join(' or ');
  return new GantryError(
    'image-gone',
    `The engine no longer has the image ${ids}.`,
    'Build its commit again, or compare releases whose images are still there.',
  );
}

type LayersInArchive = {
  /** Resolves when there is room for more; `undefined` when there is at once. Throws for what is no archive. */
  write(bytes: Buffer): Promise<unknown> | undefined;
  isDone(): boolean;
  /** Throws when a wanted layer was not in the archive. */
  end(): Promise<void>;
  drop(): void;
};

export function createLayersInArchive(images: Omit<SavedImages, 'imageIds'>): LayersInArchive {
  const missing = new Set(images.wanted);
  const open = new Set<LayerBytes>();
  /** What the current piece of the archive has begun: room to be made, layers to be finished. */
  let waiting: Promise<unknown>[] = [];
  /** Why something that may have been a wanted layer could not be read. */
  let doubt: unknown;

  function wait(promise: Promise<unknown>): void {
    // Should the archive itself fail first, nobody listens any more.
    promise.catch(() => {});
    waiting.push(promise);
  }

  async function finish(layer: LayerBytes, named: string | undefined): Promise<void> {
    const read = await layer.end();
    open.delete(layer);
    const diffId = read?.diffId ?? named;
    if (read === undefined || diffId === undefined || !missing.has(diffId)) return;
    images.onLayer(diffId, read.index);
    missing.delete(diffId);
  }

  function onEntry(entry: TarEntry): TarSink | undefined {
    if (entry.kind !== 'file' || entry.size === 0) return undefined;
    const named = digestIn(entry.path);
    if (named !== undefined && images.known.has(named)) return undefined;
    if (named !== undefined && missing.has(named)) {
      const layer = createLayerBytes({ wantsDiffId: false });
      open.add(layer);
      return { write: (bytes) => begun(layer.write(bytes)), end: () => wait(finish(layer, named)) };
    }
    return createCandidate();
  }

  /** Anything that looks like a layer: should it turn out to be none, it was none. */
  function createCandidate(): TarSink {
    const layer = createLayerBytes({ wantsDiffId: true });
    open.add(layer);
    let isLayer = true;
    const fail = (error: unknown) => {
      doubt ??= error;
      isLayer = false;
      open.delete(layer);
      layer.drop();
    };
    return {
      write(bytes) {
        if (!isLayer) return;
        try {
          begun(layer.write(bytes)?.catch(fail));
        } catch (error) {
          fail(error);
        }
      },
      end() {
        if (isLayer) wait(finish(layer, undefined).catch(fail));
      },
    };
  }

  function begun(room: Promise<void> | undefined): void {
    if (room !== undefined) wait(room);
  }

  const tar = createTarReader(onEntry);
  return {
    write(bytes) {
      tar.write(bytes);
      if (waiting.length === 0) return undefined;
      const now = waiting;
      waiting = [];
      return Promise.all(now);
    },
    isDone: () => missing.size === 0,
    async end() {
      tar.end();
      const [first] = missing;
      if (first === undefined) return;
      throw new Error(
        `the engine did not send the layer ${first}`,
        doubt === undefined ? {} : { cause: doubt },
      );
    },
    drop() {
      for (const layer of open) layer.drop();
    },
  };
}

/** `blobs/sha256/<hex>` of Docker since 25, `<hex>.tar` of Podman. */
function digestIn(path: string): string | undefined {
  const hex = /^(?:blobs\/sha256\/)?([0-9a-f]{64})(?:\.tar)?$/.exec(path)?.[1];
  return hex === undefined ? undefined : `sha256:${hex}`;
}
