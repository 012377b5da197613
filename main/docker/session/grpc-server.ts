import { once } from 'node:events';
import {
  type Http2Session,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { createBatches } from './batches.ts';
import { frame, readFrames } from './grpc-frames.ts';
import type { PacketStream } from './send-files.ts';

/** By gRPC's numbers. */
export const grpcStatus = {
  unknown: 2,
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
} as const;

/** An answer that is an error, with words that the engine may show to the person. */
export class GrpcError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The values of each header, in the order in which they came. */
export type Metadata = ReadonlyMap<string, readonly string[]>;

export type Methods = {
  /** By path: `/package.Service/Method`. */
  readonly unary: Readonly<
    Record<string, (message: Uint8Array, metadata: Metadata) => Promise<Uint8Array> | Uint8Array>
  >;
  readonly streaming: Readonly<Record<string, (stream: PacketStream, metadata: Metadata) => Promise<void>>>;
};

/**
 * Megabytes. Every byte that waits counts, and at Node's 10 a large transfer has the engine's question for our health
 * refused, and the build dies. How much waits is held down by backpressure.
 */
const maxSessionMemory = 1_000;

/** Serves gRPC to the engine, which is the client on the connection that we opened. */
export function serveGrpc(socket: Duplex, methods: Methods): Http2Session {
  const session: ServerHttp2Session = performServerHandshake(socket, { maxSessionMemory });
  session.on('error', () => {});
  session.on('stream', (stream, headers, _flags, rawHeaders) => {
    // The engine may leave at any time; whoever writes to the stream learns it there.
    stream.on('error', () => {});
    answer(stream, headers[':path'] ?? '', methods, readMetadata(rawHeaders)).catch((error) =>
      fail(stream, error),
    );
  });
  return session;
}

function readMetadata(rawHeaders: readonly string[]): Metadata {
  const metadata = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    const values = metadata.get(name);
    if (values === undefined) metadata.set(name, [value]);
    else values.push(value);
  }
  return metadata;
}

async function answer(
  stream: ServerHttp2Stream,
  path: string,
  methods: Methods,
  metadata: Metadata,
): Promise<void> {
  const unary = methods.unary[path];
  const streaming = methods.streaming[path];
  if (unary !== undefined) {
    let request: Uint8Array = new Uint8Array();
    for await (const message of messagesOf(stream)) request = message;
    const reply = frame(await unary(request, metadata));
    begin(stream);
    stream.end(reply);
  } else if (streaming !== undefined) {
    begin(stream);
    await streaming(createPacketStream(stream), metadata);
    stream.end();
    // What nobody reads any more would keep the stream from closing.
    stream.resume();
  } else throw new GrpcError(grpcStatus.unimplemented, `${path} is not served`);
}

function messagesOf(stream: ServerHttp2Stream): AsyncGenerator<Uint8Array> {
  // Whoever stops listening may still have something to say.
  return readFrames(stream.iterator({ destroyOnReturn: false }));
}

const failures = new WeakMap<ServerHttp2Stream, Readonly<Record<string, string>>>();

function begin(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(failures.get(stream) ?? { 'grpc-status': '0' }));
}

function fail(stream: ServerHttp2Stream, error: unknown): void {
  if (stream.destroyed) return;
  const status = error instanceof GrpcError ? error.status : grpcStatus.unknown;
  const message = error instanceof Error ? error.message : String(error);
  const trailers = {
    'grpc-status': String(status),
    'grpc-message': encodeURIComponent(message.toWellFormed()),
  };
  if (stream.headersSent) {
    failures.set(stream, trailers);
    stream.end();
  } else {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers }, { endStream: true });
  }
}

function createPacketStream(stream: ServerHttp2Stream): PacketStream {
  const batches = createBatches((bytes, done) => stream.write(bytes, done));

  async function flush(): Promise<void> {
    if (stream.destroyed) throw new Error('the engine stopped listening');
    if (!batches.flush()) await Promise.race([once(stream, 'drain'), closed]);
  }

  const gone = new AbortController();
  const closed = once(stream, 'close').then(() => {
    const left = new Error('the engine stopped listening');
    gone.abort(left);
    throw left;
  });
  closed.catch(() => {});
  return {
    messages: messagesOf(stream),
    send: (...pieces) => (batches.add(pieces) ? flush() : undefined),
    async sendFramed(messages) {
      await flush();
      if (!stream.write(messages)) await Promise.race([once(stream, 'drain'), closed]);
    },
    flush,
    signal: gone.signal,
  };
}
