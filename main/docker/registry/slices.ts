export type Slices = {
  /** The next so many bytes. Throws where the stream ends before. One at a time. */
  next(length: number): AsyncGenerator<Uint8Array>;
  /** Lets go of the stream, wherever it is. */
  close(): Promise<void>;
};

export class EndedEarly extends Error {
  override readonly name = 'EndedEarly';
}

/** One stream of bytes as the bodies of several requests. `onBytes` is told how many have been taken in all. */
export function createSlices(
  stream: AsyncIterable<Uint8Array>,
  onBytes: (taken: number) => void,
  from: number,
): Slices {
  const chunks = stream[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  let taken = from;
  return {
    async *next(length) {
      for (let left = length; left > 0; ) {
        if (rest.length === 0) {
          const read = await chunks.next();
          if (read.done) throw new EndedEarly(`the stream ended ${left} bytes too early`);
          rest = read.value;
        }
        const piece = rest.subarray(0, left);
        rest = rest.subarray(piece.length);
        left -= piece.length;
        taken += piece.length;
        yield piece;
        onBytes(taken);
      }
    },
    async close() {
      await chunks.return?.();
    },
  };
}
