import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { createORPCClient, onError } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import { RPCHandler } from '@orpc/server/message-port';
import type { GantryClient } from './gantry-client.ts';
import type { GantryRouter } from './gantry-router.ts';

export type InProcessClient = {
  readonly client: GantryClient;
  /** Ends every open stream and lets the process exit. */
  close(): void;
};

/** Told what the door hides from callers: the error as it was thrown. */
export type OnFailure = (error: unknown) => void;

/**
 * Calls a router of this very process the way the other shells call it from outside: serialised, parsed at the door,
 * unknown errors hidden. oRPC's direct router client would let raw errors and unparsed values through, so that
 * something could work here and fail in the browser.
 */
export function createInProcessClient(router: GantryRouter, onFailure?: OnFailure): InProcessClient {
  const { port1: near, port2: far } = new MessageChannel();
  new RPCHandler(router, { interceptors: onFailure === undefined ? [] : [onError(onFailure)] }).upgrade(
    withoutEvents(far),
  );
  const client: GantryClient = createORPCClient(new RPCLink({ port: withoutEvents(near) }));
  return { client, close: () => near.close() };
}

/** For a listener of events Node makes each message an event of undici's, and loads the whole of it: 20 ms of a start. */
function withoutEvents(port: MessagePort) {
  return {
    postMessage: (data: unknown) => port.postMessage(data),
    onMessage: { addListener: (listen: (data: unknown) => void) => port.on('message', listen) },
    onDisconnect: { addListener: (listen: () => void) => port.on('close', listen) },
  };
}
