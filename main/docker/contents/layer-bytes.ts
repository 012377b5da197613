import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';
import { createLayerIndexBuilder, type LayerIndex } from './layer-index.ts';
import { blockLength, isHeader } from './tar-header.ts';
import { createTarReader } from './tar-reader.ts';
import { createFrameSplitter } from './zstd-frames.ts';

/** Takes the bytes of a layer as they are stored: plain, gzip or zstd. */
export type LayerBytes = {
  /** Resolves when there is room for more. Throws for a damaged layer, sooner or later. */
  write(bytes: Buffer): Promise<void> | undefined;
  /** `undefined` when these bytes are no layer, but perhaps an image's configuration. */
  end(): Promise<ReadLayer | undefined>;
  /** Gives up what is still being worked on. */
  drop(): void;
};

export type ReadLayer = {
  readonly index: LayerIndex;
  /** SHA-256 of the uncompressed archive, where it was asked for. */
  readonly diffId?: string;
};

export type LayerBytesOptions = {
  /** Where nobody vouches for which layer it is. */
  readonly wantsDiffId: boolean;
};

export function createLayerBytes({ wantsDiffId }: LayerBytesOptions): LayerBytes {
  const builder = createLayerIndexBuilder();
  const tar = createTarReader(builder.add);
  const hash = wantsDiffId ? createHash('sha256') : undefined;
  const plain: Stage = {
    write(bytes) {
      hash?.update(bytes);
      tar.write(bytes);
      return undefined;
    },
    async end() {
      tar.end();
    },
    drop() {},
  };
  /** Decided by the first bytes. */
  let stage: Stage | undefined;
  let first: Buffer = Buffer.alloc(0);

  function begin(bytes: Buffer): Promise<void> | undefined {
    const format = formatOf(bytes);
    stage = format === 'other' ? nothing : format === 'tar' ? plain : compressed[format](plain);
    return stage.write(bytes);
  }

  return {
    write(bytes) {
      if (stage !== undefined) return stage.write(bytes);
      first = first.length === 0 && bytes.length >= blockLength ? bytes : Buffer.concat([first, bytes]);
      return first.length >= blockLength ? begin(first) : undefined;
    },
    async end() {
      if (stage === undefined) await begin(first);
      await stage?.end();
      return stage === nothing ? undefined : { index: builder.finish(), ...diffIdOf(hash) };
    },
    drop: () => stage?.drop(),
  };
}

type Stage = {
  write(bytes: Buffer): Promise<void> | undefined;
  end(): Promise<void>;
  drop(): void;
};

const nothing: Stage = { write: () => undefined, end: async () => {}, drop() {} };

function diffIdOf(hash: Hash | undefined): Pick<ReadLayer, 'diffId'> {
  return hash === undefined ? {} : { diffId: `sha256:${hash.digest('hex')}` };
}

type Format = 'gzip' | 'zstd' | 'tar' | 'other';

/** What a blob is called need not be what it is; Docker's own older archives call nothing by its type. */
function formatOf(bytes: Buffer): Format {
  if (bytes.length >= 2 && bytes.readUInt16BE(0) === 0x1f8b) return 'gzip';
  const magic = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0;
  // The second are frames to be skipped, with which zstd:chunked may begin.
  if (magic === 0xfd2fb528 || (magic >= 0x184d2a50 && magic <= 0x184d2a5f)) return 'zstd';
  return isHeader(bytes.subarray(0, blockLength)) ? 'tar' : 'other';
}

const compressed = { gzip: createGunzipping, zstd: createUnzstd };

/** Larger pieces than zlib's usual 16 kB: each one is a way to another thread and back. */
const chunkSize = 256 * 1024;

type Inflating = {
  write(bytes: Buffer): Promise<void> | undefined;
  /** Resolves when all of it has reached the target. */
  end(): Promise<void>;
  drop(): void;
};

/** Decompresses on Node's other threads, while this one reads on. */
function createInflating(inflate: Gunzip | ZstdDecompress, target: Stage): Inflating {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  inflate.on('error', failed.reject);
  inflate.on('data', (bytes: Buffer) => {
    try {
      target.write(bytes);
    } catch (error) {
      // Thrown here, it would end the process.
      inflate.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  const ended = once(inflate, 'end');
  ended.catch(() => {});
  return {
    write(bytes) {
      if (inflate.destroyed) return failed.promise;
      if (inflate.write(bytes)) return undefined;
      // There is no drain any more for a stream that was told to end meanwhile.
      return Promise.race([failed.promise, ended, once(inflate, 'drain')]).then(() => {});
    },
    async end() {
      inflate.end();
      await Promise.race([failed.promise, ended]);
    },
    // With an error: whoever waits for room would wait for ever.
    drop: () => void inflate.destroy(new Error('given up')),
  };
}

function createGunzipping(target: Stage): Stage {
  const inflating = createInflating(createGunzip({ chunkSize }), target);
  return {
    write: inflating.write,
    async end() {
      await inflating.end();
      await target.end();
    },
    drop: inflating.drop,
  };
}

/** One decompressor after the other, because each stops at the end of its frame. */
function createUnzstd(target: Stage): Stage {
  const frames = createFrameSplitter();
  let inflating: Inflating | undefined;
  return {
    async write(bytes) {
      for (const part of frames.split(bytes)) {
        if (part.kind === 'bytes') {
          inflating ??= createInflating(createZstdDecompress({ chunkSize }), target);
          await inflating.write(part.bytes);
        } else {
          await inflating?.end();
          inflating = undefined;
        }
      }
    },
    async end() {
      if (!frames.isBetween()) throw new Error('the layer ends in the middle of a zstd frame');
      await target.end();
    },
    drop: () => inflating?.drop(),
  };
}
