export type Frame = { readonly stream: 'out' | 'err'; readonly bytes: Uint8Array };

const headerLength = 8;

/**
 * A container's output without a terminal comes in frames: stream (1 out, 2 err), three zeros, length as four bytes,
 * data. dockerode's demuxStream hands the two to separate streams, which loses their order.
 */
export function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Uint8Array) => void {
  const header = Buffer.alloc(headerLength);
  let headerRead = 0;
  let left = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (left === 0) {
        const taken = Math.min(headerLength - headerRead, chunk.length - at);
        header.set(chunk.subarray(at, at + taken), headerRead);
        headerRead += taken;
        at += taken;
        if (headerRead < headerLength) return;
        headerRead = 0;
        left = header.readUInt32BE(4);
        continue;
      }
      const bytes = chunk.subarray(at, at + left);
      onFrame({ stream: header[0] === 2 ? 'err' : 'out', bytes });
      at += bytes.length;
      left -= bytes.length;
    }
  };
}
