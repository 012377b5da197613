import type { MessagePort } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { onTestFinished } from 'vitest';
import type { GantryClient } from '#main/shell/gantry-client.ts';
import { connectMessage, portMessage } from '#shared/api/desktop-bridge.ts';
import type { PageWindow } from '#test/fakes/electron/fake-page.ts';

/** Asks for a port the way the renderer does. Undefined when none comes within 50 ms. */
export async function askForPort(window: PageWindow): Promise<MessagePort | undefined> {
  const answer = Promise.withResolvers<MessagePort | undefined>();
  window.addEventListener('message', ({ data, ports }) => {
    if (data === portMessage) answer.resolve(ports[0]);
  });
  window.postMessage(connectMessage, window.location.origin);
  setTimeout(() => answer.resolve(undefined), 50);
  const port = await answer.promise;
  onTestFinished(() => port?.close());
  return port;
}

/** The contract, called from the page through preload's pipe. */
export async function connectClient(window: PageWindow): Promise<GantryClient> {
  const port = await askForPort(window);
  if (port === undefined) throw new Error('no port came');
  const client: GantryClient = createORPCClient(new RPCLink({ port }));
  port.start();
  return client;
}
