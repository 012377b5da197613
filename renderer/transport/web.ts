import type { ClientLink } from '@orpc/client';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { Client, Transport } from './client.ts';
import { backoffMs, createConnectionState } from './connection.ts';
import { ConnectionLostError } from './trouble.ts';

type Link = ClientLink<Record<never, never>>;

export type WebPorts = {
  readonly open: () => WebSocket;
  readonly now: () => number;
  readonly random: () => number;
  readonly timers: {
    readonly set: (run: () => void, ms: number) => unknown;
    readonly clear: (timer: unknown) => void;
  };
};

/** The server's socket beside the page: same host, same port, the session cookie goes with it. */
export function apiSocketUrl(page: { readonly protocol: string; readonly host: string }): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}/api/ws`;
}

/** A socket that comes back by itself. oRPC ties a link to one socket, so every socket gets a link of its own. */
export function connectWeb(ports: WebPorts): Transport {
  const connection = createConnectionState({ kind: 'connecting' });
  let disposed = false;
  let attempt = 0;
  let lostSince: number | undefined;
  let timer: unknown;
  let current = open();

  function open(): { readonly socket: WebSocket; readonly ready: Promise<Link> } {
    const socket = ports.open();
    const link: Link = new RPCLink({ websocket: socket });
    const ready = new Promise<Link>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(link), { once: true });
      socket.addEventListener('close', () => reject(new ConnectionLostError()), { once: true });
    });
    // Calls that wait for it hear of the failure themselves.
    ready.catch(() => undefined);
    socket.addEventListener('open', () => {
      attempt = 0;
      lostSince = undefined;
      connection.set({ kind: 'connected' });
    });
    socket.addEventListener('close', () => {
      if (!disposed && socket === current.socket) retryLater();
    });
    return { socket, ready };
  }

  function retryLater(): void {
    const wait = backoffMs(attempt, ports.random());
    attempt += 1;
    lostSince ??= ports.now();
    connection.set({ kind: 'lost', since: lostSince, retryAt: ports.now() + wait });
    timer = ports.timers.set(retryNow, wait);
  }

  function retryNow(): void {
    ports.timers.clear(timer);
    lostSince ??= ports.now();
    connection.set({ kind: 'lost', since: lostSince });
    const before = current.socket;
    current = open();
    // Silent or half open: its own close event may be minutes away.
    before.close();
  }

  const link: Link = {
    call: async (path, input, options) => {
      const used = current;
      // The first connection is worth waiting for; once it was lost, an honest "no" now is better than a late answer.
      if (connection.get().kind === 'lost') throw new ConnectionLostError();
      const ready = await used.ready;
      try {
        return await ready.call(path, input, options);
      } catch (error) {
        throw used.socket.readyState === used.socket.OPEN || options.signal?.aborted
          ? error
          : new ConnectionLostError();
      }
    },
  };

  return {
    client: createORPCClient<Client>(link),
    connection: { get: connection.get, subscribe: connection.subscribe, reconnect: retryNow },
    dispose: () => {
      disposed = true;
      ports.timers.clear(timer);
      connection.dispose();
      current.socket.close();
    },
  };
}
