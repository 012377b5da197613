/*
 * gRPC puts each message behind five bytes: a flag for compression and the length (grpc/doc/PROTOCOL-HTTP2.md).
 */

export const headerLength = 5;

/** Far above what the engine sends: requests for files, host names. */
const longestMessage = 16 * 1024 * 1024;

export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(headerLength + message.length);
  framed.set(message, writeHeader(framed, 0, message.length));
  return framed;
}

/** Answers where the message begins. */
export function writeHeader(into: Buffer, at: number, length: number): number {
  into[at] = 0;
  return into.writeUInt32BE(length, at + 1);
}

/** The messages in a stream of bytes, however they are cut. Throws for what is compressed, too long or cut off. */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Joined once there is a whole message: a large one comes in many pieces.
  let pieces: Uint8Array[] = [];
  let length = 0;
  let wanted = headerLength;
  for await (const chunk of chunks) {
    pieces.push(chunk);
    length += chunk.length;
    if (length < wanted) continue;
    const bytes = Buffer.concat(pieces, length);
    let at = 0;
    for (;;) {
      const body = lengthAt(bytes, at);
      wanted = headerLength + (body ?? 0);
      if (body === undefined || length - at < wanted) break;
      yield bytes.subarray(at + headerLength, at + wanted);
      at += wanted;
    }
    pieces = [bytes.subarray(at)];
    length -= at;
  }
  if (length > 0) throw new Error('a message of the engine was cut off');
}

function lengthAt(bytes: Buffer, at: number): number | undefined {
  if (bytes.length < at + headerLength) return undefined;
  if (bytes[at] !== 0) throw new Error('the engine sent a compressed message');
  const length = bytes.readUInt32BE(at + 1);
  if (length > longestMessage) throw new Error(`the engine sent a message of ${length} bytes`);
  return length;
}
