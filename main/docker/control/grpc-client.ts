import { once } from 'node:events';
import { type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { closeHttp2 } from '../close-http2.ts';
import { frame, readFrames } from '../session/grpc-frames.ts';
import { ConnectionCut, readFailure } from './grpc-failure.ts';

/**
 * Calls to an engine that serves gRPC. Each throws a GrpcFailure when the engine says no, ConnectionCut when it is gone,
 * and the signal's reason once that fires, which ends the engine's work too.
 */
export type GrpcClient = {
  /** One message for one. `path` is `/package.Service/Method`. */
  ask(path: string, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  /** Many messages for one. */
  listen(path: string, message: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array>;
  /** The process may end in the middle of a call. */
  unref(): void;
  close(): void;
};

/** Bytes. An error carries the Dockerfile in a header, twice encoded; Node gives up at 64 KiB otherwise. */
const longestHeaders = 64 * 1024 * 1024;
/** Bytes that the engine may send ahead: progress comes in bursts. */
const sendAhead = 4 * 1024 * 1024;

export function createGrpcClient(socket: Duplex): GrpcClient {
  const session = connect('http://engine', {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: sendAhead, maxHeaderListSize: longestHeaders },
    maxHeaderListPairs: 1_000,
  });
  // Every call learns it from its own stream.
  session.on('error', () => {});
  session.once('connect', () => {
    if (!session.destroyed) session.setLocalWindowSize(sendAhead);
  });

  async function* listen(path: string, message: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    signal.throwIfAborted();
    if (session.closed || session.destroyed) throw new ConnectionCut();
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const call = follow(stream);
    const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      stream.end(frame(message));
      yield* readFrames(stream);
      const trailers = await call.trailers();
      if (trailers === undefined) throw new ConnectionCut();
      const failure = readFailure(trailers);
      if (failure !== undefined) throw failure;
    } catch (error) {
      throw signal.aborted ? signal.reason : call.explain(error);
    } finally {
      signal.removeEventListener('abort', cancel);
      if (!stream.closed) cancel();
    }
  }

  return {
    listen,
    async ask(path, message, signal) {
      let answer: Uint8Array | undefined;
      for await (const each of listen(path, message, signal)) answer = each;
      if (answer === undefined) throw new ConnectionCut();
      return answer;
    },
    unref: () => session.unref(),
    close: () => closeHttp2(session, socket),
  };
}

/** Watches for how a call ends, which may come with its first line already. */
function follow(stream: ClientHttp2Stream) {
  let trailers: IncomingHttpHeaders | undefined;
  const take = (headers: IncomingHttpHeaders) => {
    if (headers['grpc-status'] !== undefined) trailers = headers;
  };
  stream.once('response', take);
  stream.once('trailers', take);
  // Whoever reads the stream gets it as well.
  stream.on('error', () => {});
  return {
    async trailers() {
      if (trailers === undefined && !stream.closed) await once(stream, 'close').catch(() => {});
      return trailers;
    },
    /** A refusal may cut the stream, and a stream that is cut has words of Node's own. */
    explain(error: unknown): unknown {
      const failure = trailers === undefined ? undefined : readFailure(trailers);
      if (failure !== undefined) return failure;
      return stream.rstCode === constants.NGHTTP2_NO_ERROR && trailers !== undefined ? error : asCut(error);
    },
  };
}

/** Anything with Node's own code came from the connection. */
function asCut(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? new ConnectionCut() : error;
}
