import { headerLength, writeHeader } from './grpc-frames.ts';

/** Gathers messages, which are small and many, so that they go out together. */
export type Batches = {
  /** Copies a message, which comes in pieces. True when enough waits to go out. */
  add(pieces: readonly Uint8Array[]): boolean;
  /** Sends what waits; false when whoever takes it has enough. */
  flush(): boolean;
};

const batchLength = 64 * 1024;
/** With room for one more piece of a file. */
const capacity = 2 * batchLength + 1024;

/**
 * The memory of what was sent is used again. New memory for every message, some hundred MB for a large context, is not
 * given back to the system, and makes each start of another program ten times as slow (fork copies it all).
 *
 * @param write calls `done` when it needs the bytes no more
 */
export function createBatches(write: (bytes: Uint8Array, done: () => void) => boolean): Batches {
  const free: Buffer[] = [];
  let batch: Buffer | undefined;
  let length = 0;

  function flush(): boolean {
    if (batch === undefined) return true;
    const sent = batch;
    const bytes = sent.subarray(0, length);
    batch = undefined;
    length = 0;
    return write(bytes, () => {
      if (sent.length === capacity) free.push(sent);
    });
  }

  return {
    add(pieces) {
      const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
      const needed = headerLength + size;
      if (length + needed > capacity) flush();
      batch ??=
        needed > capacity ? Buffer.allocUnsafeSlow(needed) : (free.pop() ?? Buffer.allocUnsafeSlow(capacity));
      length = writeHeader(batch, length, size);
      for (const piece of pieces) {
        batch.set(piece, length);
        length += piece.length;
      }
      return length >= batchLength;
    },
    flush,
  };
}
