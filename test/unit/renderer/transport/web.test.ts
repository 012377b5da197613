import { createServer } from 'node:net';
import { implement } from '@orpc/server';
import { RPCHandler } from '@orpc/server/ws';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket as Peer, WebSocketServer } from 'ws';
import type { ConnectionState, Transport } from '#renderer/transport/client.ts';
import { backoffMs } from '#renderer/transport/connection.ts';
import { toTrouble } from '#renderer/transport/trouble.ts';
import { apiSocketUrl, connectWeb } from '#renderer/transport/web.ts';
import { contract } from '#shared/api/contract.ts';
import { GantryError, toErrorDetail } from '#shared/domain/errors.ts';
import { workspaceIdSchema } from '#shared/domain/ids.ts';
import { status } from '#test/fakes/renderer/chatbot.ts';

const id = workspaceIdSchema.parse('w-1');
const os = implement(contract);

/** A real socket server behind the real contract; only what these tests ask is answered. */
const router = {
  system: {
    status: os.system.status.handler(() => status as never),
  },
  workspaces: {
    // Never answers.
    recent: os.workspaces.recent.handler(() => new Promise(() => undefined)),
    open: os.workspaces.open.handler(({ errors }) => {
      const error = new GantryError('config-invalid', 'gantry.yml has 1 problem.', 'Mend it.', {
        problems: [{ file: 'gantry.yml', line: 3, what: 'no such key', hint: 'Did you mean name?' }],
      });
      throw errors.GANTRY({ data: toErrorDetail(error) });
    }),
    get: os.workspaces.get.handler(() => {
      throw new Error('a bug with a secret in it');
    }),
  },
  live: os.live.handler(async function* () {
    yield { kind: 'alive' as const };
    await new Promise(() => undefined);
  }),
};

type Server = {
  readonly port: number;
  readonly drop: () => void;
  readonly peers: () => number;
  readonly stop: () => Promise<void>;
};

async function serve(port = 0): Promise<Server> {
  const handler = new RPCHandler(router as never);
  const server = new WebSocketServer({ host: '127.0.0.1', port });
  server.on('connection', (peer: Peer) => void handler.upgrade(peer));
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const drop = () => {
    for (const peer of server.clients) peer.terminate();
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    drop,
    peers: () => server.clients.size,
    stop: () => {
      drop();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function connect(port: number): { transport: Transport; states: ConnectionState['kind'][] } {
  const transport = connectWeb({
    open: () => new WebSocket(apiSocketUrl({ protocol: 'http:', host: `127.0.0.1:${port}` })),
    now: Date.now,
    random: () => 0,
    // A tenth of the waiting: the order of things is tested here, not the patience.
    timers: {
      set: (run, ms) => setTimeout(run, ms / 10),
      clear: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
    },
  });
  cleanups.push(transport.dispose);
  const states: ConnectionState['kind'][] = [];
  transport.connection.subscribe((state) => states.push(state.kind));
  return { transport, states };
}

async function started(): Promise<{ server: Server } & ReturnType<typeof connect>> {
  const server = await serve();
  cleanups.push(server.stop);
  return { server, ...connect(server.port) };
}

test('a call made before the socket is open waits for it', async () => {
  const { transport, states } = await started();
  await expect(transport.client.system.status()).resolves.toMatchObject({ gantryVersion: '0.1.0' });
  expect(states).toEqual(['connected']);
});

test('an expected failure arrives with its code, hint and problems', async () => {
  const { transport } = await started();
  const error: unknown = await transport.client.workspaces.open({ folder: '/x' }).catch((thrown) => thrown);
  expect(toTrouble(error)).toEqual({
    code: 'config-invalid',
    message: 'gantry.yml has 1 problem.',
    hint: 'Mend it.',
    problems: [{ file: 'gantry.yml', line: 3, what: 'no such key', hint: 'Did you mean name?' }],
  });
});

test('a bug arrives as internal', async () => {
  const { transport } = await started();
  const error: unknown = await transport.client.workspaces.get({ workspaceId: id }).catch((thrown) => thrown);
  expect(toTrouble(error).code).toBe('internal');
  expect(toTrouble(error).message).not.toContain('secret');
});

test('a lost socket comes back by itself, and a stream over it ends instead of hanging', async () => {
  const { transport, states, server } = await started();
  const events = await transport.client.live({ workspaceId: id });
  await expect(events.next()).resolves.toMatchObject({ value: { kind: 'alive' } });
  const next = events.next().then(
    () => 'ended',
    () => 'ended',
  );
  server.drop();
  await expect(next).resolves.toBe('ended');
  await expect.poll(() => transport.connection.get().kind).toBe('connected');
  expect(states).toEqual(['connected', 'lost', 'lost', 'connected']);
  await expect(transport.client.system.status()).resolves.toBeDefined();
});

test('while nothing answers calls fail at once, it keeps trying, and a server that comes back is found', async () => {
  const { transport, server } = await started();
  await transport.client.system.status();
  await server.stop();
  await expect.poll(() => transport.connection.get().kind).toBe('lost');
  const error: unknown = await transport.client.system.status().catch((thrown) => thrown);
  expect(toTrouble(error).code).toBe('connection-lost');
  const later = await serve(server.port);
  cleanups.push(later.stop);
  await expect.poll(() => transport.connection.get().kind, { timeout: 3_000 }).toBe('connected');
  await expect(transport.client.system.status()).resolves.toBeDefined();
});

test('once lost, a call does not wait for a try that may take long', async () => {
  const { transport, server } = await started();
  await transport.client.system.status();
  await server.stop();
  // Takes connections and never answers them, as a machine that swaps does.
  const mute = createServer().listen(server.port, '127.0.0.1');
  cleanups.push(() => mute.close());
  await expect.poll(() => transport.connection.get()).toMatchObject({ kind: 'lost' });
  await expect.poll(() => 'retryAt' in transport.connection.get()).toBe(false);
  const outcome = transport.client.system.status().catch((error: unknown) => toTrouble(error).code);
  const patience = new Promise((resolve) => setTimeout(() => resolve('still waiting'), 200));
  await expect(Promise.race([outcome, patience])).resolves.toBe('connection-lost');
});

test('a call whose answer can no longer come fails as lost, not as a bug', async () => {
  const { transport, server } = await started();
  await transport.client.system.status();
  const pending = transport.client.workspaces.recent().catch((error: unknown) => toTrouble(error).code);
  await transport.client.system.status();
  server.drop();
  await expect(pending).resolves.toBe('connection-lost');
});

test('a socket that is open but silent is left for a new one', async () => {
  const { transport, states, server } = await started();
  await transport.client.system.status();
  transport.connection.reconnect();
  await expect.poll(() => transport.connection.get().kind).toBe('connected');
  expect(states).toEqual(['connected', 'lost', 'connected']);
  await expect.poll(server.peers).toBe(1);
  await expect(transport.client.system.status()).resolves.toBeDefined();
});

test('after dispose it stays away', async () => {
  const { transport, server, states } = await started();
  await transport.client.system.status();
  transport.dispose();
  server.drop();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(states).toEqual(['connected']);
});

test('waiting doubles up to ten seconds and is spread', () => {
  expect([0, 1, 2, 3, 4, 9].map((attempt) => backoffMs(attempt, 1))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 10_000,
  ]);
  expect(backoffMs(2, 0)).toBe(1_500);
});
