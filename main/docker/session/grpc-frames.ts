/*
 * gRPC puts each message behind five bytes: a flag for compression and the length (grpc/doc/PROTOCOL-HTTP2.md).
 */

const headerLength = 5;

/** Far above what the engine sends: requests for files, host names. */
const longestMessage = 16 * 1024 * 1024;

export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(headerLength + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, headerLength);
  return framed;
}

/** The messages in a stream of bytes, however they are cut. Throws for what is compressed, too long or cut off. */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      const length = lengthAt(rest, at);
      if (length === undefined || rest.length < at + headerLength + length) break;
      yield rest.subarray(at + headerLength, at + headerLength + length);
      at += headerLength + length;
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw new Error('a message of the engine was cut off');
}

function lengthAt(bytes: Buffer, at: number): number | undefined {
  if (bytes.length < at + headerLength) return undefined;
  if (bytes[at] !== 0) throw new Error('the engine sent a compressed message');
  const length = bytes.readUInt32BE(at + 1);
  if (length > longestMessage) throw new Error(`the engine sent a message of ${length} bytes`);
  return length;
}
