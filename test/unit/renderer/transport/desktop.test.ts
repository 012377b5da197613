import { implement } from '@orpc/server';
import { RPCHandler } from '@orpc/server/message-port';
import { afterEach, expect, test } from 'vitest';
import { connectDesktop, receivePort } from '#renderer/transport/desktop.ts';
import { contract } from '#shared/api/contract.ts';
import { connectMessage, portMessage } from '#shared/api/desktop-bridge.ts';
import { status } from '#test/fakes/renderer/chatbot.ts';

const os = implement(contract);
const handler = new RPCHandler({
  system: { status: os.system.status.handler(() => status as never) },
} as never);

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

function channel(): MessageChannel {
  const both = new MessageChannel();
  ports.push(both.port1, both.port2);
  return both;
}

/** A page that notes what it was posted and hands messages to its listeners. */
function page(origin = 'gantry://app') {
  const listeners = new Set<(event: MessageEvent) => void>();
  const posted: unknown[][] = [];
  const self = {
    location: { origin },
    addEventListener: (_type: string, listener: (event: MessageEvent) => void) => listeners.add(listener),
    removeEventListener: (_type: string, listener: (event: MessageEvent) => void) =>
      listeners.delete(listener),
    postMessage: (...message: unknown[]) => posted.push(message),
  };
  const receive = (event: object) => {
    for (const listener of listeners) listener(event as MessageEvent);
  };
  return { self: self as never as Parameters<typeof receivePort>[0], posted, receive, listeners };
}

test('asks for the port and takes the one its own window posts', async () => {
  const { self, posted, receive, listeners } = page();
  const { port1 } = channel();
  const port = receivePort(self);
  expect(posted).toEqual([[connectMessage, 'gantry://app']]);
  receive({ source: self, origin: 'gantry://app', data: portMessage, ports: [port1] });
  await expect(port).resolves.toBe(port1);
  expect(listeners.size).toBe(0);
});

test.each([
  ['another window', { source: {} }],
  ['another origin', { origin: 'https://example.com' }],
  ['another message', { data: 'something' }],
  ['no port', { ports: [] }],
])('ignores %s', async (_name, wrong) => {
  const { self, receive, listeners } = page();
  const { port1 } = channel();
  const stop = new AbortController();
  const port = receivePort(self, stop.signal).catch(() => 'none');
  receive({ source: self, origin: 'gantry://app', data: portMessage, ports: [port1], ...wrong });
  stop.abort();
  await expect(port).resolves.toBe('none');
  expect(listeners.size).toBe(0);
});

test('the contract answers over the port, and its end is noticed', async () => {
  const { port1, port2 } = channel();
  handler.upgrade(port2);
  port2.start();
  const transport = connectDesktop(port1, () => 7);
  await expect(transport.client.system.status()).resolves.toMatchObject({ gantryVersion: '0.1.0' });
  port2.close();
  await expect.poll(() => transport.connection.get()).toEqual({ kind: 'lost', since: 7 });
});
