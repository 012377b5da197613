import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { connectMessage, portMessage } from '#shared/api/desktop-bridge.ts';
import type { Client, Transport } from './client.ts';
import { createConnectionState } from './connection.ts';

type Page = Pick<Window, 'addEventListener' | 'removeEventListener' | 'postMessage'> & {
  readonly location: Pick<Location, 'origin'>;
};

/**
 * Asks the preload for the port that the contract runs over. Only this page's own window may answer: a message from
 * anywhere else that carries a port is ignored.
 */
export function receivePort(page: Page, signal?: AbortSignal): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    const listen = (event: MessageEvent): void => {
      const isOwn = event.source === page && event.origin === page.location.origin;
      const [port] = event.ports;
      if (!isOwn || event.data !== portMessage || port === undefined) return;
      page.removeEventListener('message', listen);
      resolve(port);
    };
    signal?.addEventListener('abort', () => {
      page.removeEventListener('message', listen);
      reject(signal.reason);
    });
    page.addEventListener('message', listen);
    page.postMessage(connectMessage, page.location.origin);
  });
}

/** The core lives in the process that drew this window: the port closes only when that process goes. */
export function connectDesktop(port: MessagePort, now: () => number): Transport {
  const connection = createConnectionState({ kind: 'connected' });
  const client = createORPCClient<Client>(new RPCLink({ port }));
  port.addEventListener('close', () => connection.set({ kind: 'lost', since: now() }));
  port.start();
  return {
    client,
    connection: { get: connection.get, subscribe: connection.subscribe, reconnect: () => undefined },
    dispose: () => {
      connection.dispose();
      port.close();
    },
  };
}
