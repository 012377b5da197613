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
  const { near, far, close } = openLine();
  new RPCHandler(router, { interceptors: onFailure === undefined ? [] : [onError(onFailure)] }).upgrade(far);
  const client: GantryClient = createORPCClient(new RPCLink({ port: near }));
  return { client, close };
}

type Listen = (data: unknown) => void;

type LineEnd = {
  postMessage(data: unknown): void;
  readonly onMessage: { addListener(listen: Listen): void };
  readonly onDisconnect: { addListener(listen: () => void): void };
};

/** Longer than any process lives; Node takes no more. */
const holdMs = 2 ** 31 - 1;

/**
 * What oRPC says to a port is text or bytes already, so that a line within one thread need not copy it again. As a port
 * does, it hands over in a turn of its own, and holds the process until it is closed. To load and warm up Node's own
 * takes some ms of each command.
 */
function openLine(): { readonly near: LineEnd; readonly far: LineEnd; close(): void } {
  const hold = setInterval(() => {}, holdMs);
  const onClose: (() => void)[] = [];
  let isOpen = true;
  const createEnd = (here: Listen[], there: readonly Listen[]): LineEnd => ({
    postMessage(data) {
      setImmediate(() => {
        if (isOpen) for (const listen of there) listen(data);
      });
    },
    onMessage: { addListener: (listen) => void here.push(listen) },
    onDisconnect: { addListener: (listen) => void onClose.push(listen) },
  });
  const atNear: Listen[] = [];
  const atFar: Listen[] = [];
  return {
    near: createEnd(atNear, atFar),
    far: createEnd(atFar, atNear),
    close() {
      if (!isOpen) return;
      isOpen = false;
      clearInterval(hold);
      for (const listen of onClose) setImmediate(listen);
    },
  };
}
