import { Readable } from 'node:stream';
import * as z from 'zod';
import type { LoadedImage, MissingImage, TransferProgress } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { bodyOf, type Connection } from '../connection.ts';
import type { EngineAccess } from '../engine-access.ts';
import { refused } from '../failures.ts';
import { refInPath, splitRef } from '../image-ref.ts';
import { inspectImage } from '../images.ts';
import { readJsonMessages } from '../json-messages.ts';
import { type ArchiveContents, readArchive } from './archive.ts';
import { type Lacking, lackingLayers } from './lacking-layers.ts';

export type Between = {
  /** The engine that has the image. */
  readonly from: EngineAccess;
  readonly to: EngineAccess;
  readonly now: () => number;
};

type Carry = {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TransferProgress) => void;
};

/** What the other engine lacks of an image. */
export async function missingLayers(
  { from, to }: Between,
  imageId: string,
  ref: string,
  signal?: AbortSignal,
): Promise<MissingImage> {
  const lacking = await from.use(signal, (source, outer) =>
    to.use(outer, (destination, both) => lackingLayers(source, destination, imageId, ref, both)),
  );
  return { ...lacking, present: lacking.present.length };
}

/**
 * Saves an image on one engine and loads it on the other, at once and without a file. Only when the other has it, and
 * it is known to be the same, does it get its name there. Throws `image-gone`, `engine-refused` and `target-refused`.
 */
export async function carryImage(
  { from, to, now }: Between,
  imageId: string,
  ref: string,
  { signal, onProgress }: Carry,
): Promise<LoadedImage> {
  return from.use(signal, (source, outer) =>
    to.use(outer, async (destination, both) => {
      const lacking = await lackingLayers(source, destination, imageId, ref, both);
      const carry = (without: Lacking) =>
        send(source, destination, imageId, without, createMeter(without, onProgress, now), both);
      // What was there a moment ago may have been removed: then all of it travels.
      const whole = { ...lacking, present: [] };
      const sent = await carry(lacking).catch((error: unknown) => {
        if (lacking.present.length === 0 || !isIncomplete(error)) throw error;
        return carry(whole);
      });
      const image = await findLoaded(destination, sent.contents, both);
      await nameImage(destination, image.imageId, ref, both);
      return { ...image, bytesSent: sent.bytes };
    }),
  );
}

type Sent = { readonly contents: ArchiveContents; readonly bytes: number };

async function send(
  source: Connection,
  destination: Connection,
  imageId: string,
  { present }: Lacking,
  meter: Meter,
  signal: AbortSignal,
): Promise<Sent> {
  const path = `/images/${refInPath(imageId)}/get`;
  const archive = await source.send({ method: 'GET', path, signal, accept: [404] });
  if (archive.statusCode === 404) {
    archive.destroy();
    throw imageGone(imageId);
  }
  const reader = readArchive({ without: new Set(present), onLayer: meter.layer });
  let contents: ArchiveContents | undefined;
  async function* passed(): AsyncGenerator<Buffer> {
    for await (const chunk of archive) {
      const pieces = reader.pass(chunk);
      // Before its last block goes on: with that the other engine has all that it wants, and may not read to the end.
      if (contents === undefined && reader.isOver()) {
        contents = reader.end();
        requireSame(contents, imageId);
      }
      for (const bytes of pieces) {
        meter.bytes(bytes.length);
        yield bytes;
      }
    }
    contents ??= reader.end();
  }
  const upload = Readable.from(passed(), { objectMode: false });
  try {
    const query = { quiet: '0' };
    const answer = await destination.send({ method: 'POST', path: '/images/load', query, upload, signal });
    await readLoading(answer);
  } finally {
    upload.destroy();
    archive.destroy();
  }
  if (contents === undefined) throw refused('The other engine stopped reading the image', 'Try again.');
  meter.end();
  return { contents, bytes: meter.sent() };
}

/** The engine that saves it must give what was asked for, by the name of its bytes. */
function requireSame({ roots, configDigest }: ArchiveContents, imageId: string): void {
  if (configDigest === imageId || roots.includes(imageId)) return;
  throw new GantryError(
    'target-refused',
    `The engine gave ${configDigest ?? 'no image'} where ${imageId} was asked for.`,
    'Build the release again; if it happens again, look at the engine’s own log.',
  );
}

const messageSchema = z.object({
  error: z.string().nullish(),
  errorDetail: z.object({ message: z.string().nullish() }).nullish(),
});

async function readLoading(answer: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const message of readJsonMessages(answer)) {
    const read = messageSchema.safeParse(message).data;
    const failure = read?.errorDetail?.message || read?.error;
    if (failure) {
      const full = /no space left/i.test(failure);
      throw refused(
        `The other engine could not load the image: ${failure}`,
        full ? 'Make room over there.' : 'Its own log may tell more.',
      );
    }
  }
}

/** Said by a classic store that has neither the layer nor the file for it. */
function isIncomplete(error: unknown): boolean {
  return error instanceof GantryError && /no such file|not found|does not exist/i.test(error.message);
}

/**
 * A classic store calls an image by its config, one of containerd by its manifest or index: by which of them it is
 * found tells the id, and that it is the same, since both are made of the bytes.
 */
async function findLoaded(
  destination: Connection,
  { roots, configDigest }: ArchiveContents,
  signal: AbortSignal,
): Promise<Omit<LoadedImage, 'bytesSent'>> {
  for (const id of [...roots, ...(configDigest === undefined ? [] : [configDigest])]) {
    const found = await inspectImage(destination, id, signal);
    if (found?.Id === id && configDigest !== undefined) return { imageId: id, configDigest };
  }
  throw new GantryError(
    'target-refused',
    `The engine at ${destination.engine.host} took the image, but has none with its digest.`,
    'Try again; if it happens again, look at that engine’s own log.',
  );
}

async function nameImage(connection: Connection, imageId: string, ref: string, signal: AbortSignal) {
  const { repository: repo, tag } = splitRef(ref);
  const path = `/images/${refInPath(imageId)}/tag`;
  await bodyOf(await connection.send({ method: 'POST', path, query: { repo, tag }, signal }));
}

function imageGone(imageId: string): GantryError {
  return new GantryError(
    'image-gone',
    `The engine no longer has the image ${imageId}.`,
    'Build its commit again, or choose another release.',
  );
}

type Meter = { bytes(count: number): void; layer(): void; end(): void; sent(): number };

/** A person sees no more. */
const everyMs = 100;

function createMeter(lacking: Lacking, onProgress: Carry['onProgress'], now: () => number): Meter {
  const layersTotal = lacking.layers;
  let [bytesDone, layersDone, last] = [0, 0, Number.NEGATIVE_INFINITY];
  const tell = (isLast: boolean) => {
    if (!isLast && now() - last < everyMs) return;
    last = now();
    const bytesTotal = isLast ? bytesDone : Math.max(lacking.bytes, bytesDone);
    onProgress?.({ layersDone: Math.min(layersDone, layersTotal), layersTotal, bytesDone, bytesTotal });
  };
  return {
    bytes(count) {
      bytesDone += count;
      tell(false);
    },
    layer() {
      layersDone += 1;
    },
    end() {
      layersDone = layersTotal;
      tell(true);
    },
    sent: () => bytesDone,
  };
}
