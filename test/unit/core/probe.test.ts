import { createServer, type Server } from 'node:http';
import { createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { probe } from '#main/core/health/probe.ts';
import { createClock } from '#main/host/clock.ts';
import { createCommands } from '#main/host/commands.ts';
import { createHttp } from '#main/host/http.ts';
import { createProcessTable } from '#main/host/process-table.ts';
import { createSockets } from '#main/host/sockets.ts';
import { checksOf, type HealthCheck } from '#shared/domain/health.ts';
import type { HealthConfig } from '#shared/domain/health-config.ts';
import { workspaceConfigSchema } from '#shared/domain/workspace-config.ts';

const ports = {
  clock: createClock(),
  http: createHttp(),
  sockets: createSockets(),
  commands: createCommands({ processes: createProcessTable() }),
};
let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, answer) => {
    if (request.url === '/slow') return;
    answer.writeHead(request.url === '/created' ? 201 : 200, { 'X-Version': '1.4.2' });
    answer.end(request.url === '/host' ? request.headers.host : '{"status":"up"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function checkOf(health: object): HealthCheck {
  const { environments } = workspaceConfigSchema.parse({ environments: { dev: { health } } });
  const written: HealthConfig | undefined = Object.values(environments)[0]?.health;
  const [check] = written === undefined ? [] : checksOf(written);
  if (check === undefined) throw new Error('no check');
  return check;
}

async function ask(health: object, reach: string | undefined = base) {
  const answer = await probe(ports, checkOf(health), () => reach, {
    signal: new AbortController().signal,
    folder: tmpdir(),
    variables: { PATH: process.env.PATH ?? '', GANTRY_RELEASE: 'r-1a2b3c' },
  });
  return answer === undefined ? undefined : [answer.ok, answer.text];
}

it.each<[string, object, unknown]>([
  ['a path', { http: '/' }, [true, '200']],
  ['a status in a range', { http: { url: '/created', status: '200-299' } }, [true, '201']],
  ['one of several', { http: { url: '/created', status: [204, '201'] } }, [true, '201']],
  ['none of them', { http: { url: '/created', status: [200] } }, [false, '201']],
  ['a body', { http: { url: '/', body: '"status":"up"' } }, [true, '200']],
  ['a body by expression', { http: { url: '/', body: '/"STATUS":\\s*"up"/i' } }, [true, '200']],
  ['another body', { http: { url: '/', body: 'down' } }, [false, '200 with another body']],
  ['a header', { http: { url: '/', header: { 'x-version': '1.4' } } }, [true, '200']],
  [
    'another header',
    { http: { url: '/', header: { 'X-Version': '/^2/' } } },
    [false, '200 with another X-Version'],
  ],
  [
    'no such header',
    { http: { url: '/', header: { ready: 'yes' } } },
    [false, '200 without the header ready'],
  ],
  [
    'a header that is sent',
    { http: { url: '/host', send: { Host: 'shop.example' }, body: 'shop.example' } },
    [true, '200'],
  ],
  ['one that is too slow', { http: '/slow', timeout: '50ms' }, [false, 'no answer within 50 ms']],
  ['a command', { command: ['true'] }, [true, 'exit 0']],
  [
    'a command that says why',
    { command: ['sh', '-c', 'echo a; echo no db >&2; exit 3'] },
    [false, 'exit 3: no db'],
  ],
  [
    'a command with its variables',
    {
      command: {
        run: ['sh', '-c', 'test "$A$GANTRY_RELEASE" = xr-1a2b3c && test -n "$GANTRY_ADDRESS"'],
        env: { A: 'x' },
      },
    },
    [true, 'exit 0'],
  ],
  ['a command that hangs', { command: ['sleep', '30'], timeout: '50ms' }, [false, 'no end within 50 ms']],
  ['no such command', { command: ['gantry-no-such-program'] }, [false, 'no such program']],
])('%s', async (_name, health, expected) => {
  expect(await ask(health)).toEqual(expected);
});

it('a port that accepts, and one that does not', async () => {
  const tcp = createTcp((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const address = tcp.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await ask({ tcp: `127.0.0.1:${port}` })).toEqual([true, 'connected']);
  expect(await ask({ tcp: 5432 }, `http://127.0.0.1:${port}`)).toEqual([true, 'connected']);
  await new Promise((resolve) => tcp.close(resolve));
  expect(await ask({ tcp: `127.0.0.1:${port}` })).toEqual([false, 'connection refused']);
});

it('nowhere to ask', async () => {
  expect(
    await probe(ports, checkOf({ http: '/' }), () => undefined, {
      signal: new AbortController().signal,
      folder: '/',
      variables: {},
    }),
  ).toBeUndefined();
});

it('a cancel is no answer', async () => {
  const signal = AbortSignal.abort(new Error('cancelled'));
  const context = { signal, folder: '/', variables: {} };
  await expect(probe(ports, checkOf({ http: '/' }), () => base, context)).rejects.toThrow('cancelled');
});
