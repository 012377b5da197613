import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ORPCError } from '@orpc/server';
import { RPCHandler } from '@orpc/server/ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ErrorDetail } from '#shared/domain/errors.ts';
import type { GantryRouter } from '../gantry-router.ts';

/** A peer that answers no ping for this long is gone, in ms. */
const defaultPingEveryMs = 15_000;
/** What a page sends is small; log text and plans go the other way. */
const maxPayload = 1_048_576;

export type SocketDoor = {
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** From now on no new run is started through this door. */
  refuseRuns(): void;
  close(): Promise<void>;
};

/** The contract over WebSockets that were let in. */
export function createSocketDoor(router: GantryRouter, pingEveryMs = defaultPingEveryMs): SocketDoor {
  let refusesRuns = false;
  const handler = new RPCHandler(router, {
    clientInterceptors: [
      ({ path, next }) => {
        if (refusesRuns && startsRun(path)) throw stopping();
        return next();
      },
    ],
  });
  const server = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false });
  const alive = new WeakSet<WebSocket>();
  const ping = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.has(socket)) {
        socket.terminate();
        continue;
      }
      alive.delete(socket);
      socket.ping();
    }
  }, pingEveryMs);
  ping.unref();
  return {
    accept: (request, socket, head) =>
      server.handleUpgrade(request, socket, head, (peer) => {
        alive.add(peer);
        peer.on('pong', () => alive.add(peer));
        // A broken frame closes that peer alone.
        peer.on('error', () => peer.terminate());
        void handler.upgrade(peer);
      }),
    refuseRuns: () => {
      refusesRuns = true;
    },
    close: async () => {
      clearInterval(ping);
      for (const socket of server.clients) socket.close(1001, 'Gantry stops');
      const late = setTimeout(() => {
        for (const socket of server.clients) socket.terminate();
      }, 500);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearTimeout(late);
    },
  };
}

export function refuseUpgrade(socket: Duplex, status: number, why: string): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
  );
}

function startsRun(path: readonly string[]): boolean {
  return ['runs.start', 'runs.build'].includes(path.join('.'));
}

function stopping() {
  const data: ErrorDetail = {
    code: 'environment-busy',
    message: 'This Gantry is stopping and starts nothing new.',
    hint: 'Start it again, or use the command line.',
  };
  return new ORPCError('GANTRY', { status: 400, defined: true, message: data.message, data });
}
