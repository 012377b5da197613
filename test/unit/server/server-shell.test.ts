import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { GantryClient } from '#main/shell/gantry-client.ts';
import { linkLifetimeMs } from '#main/shell/server/one-time-links.ts';
import { createServerShell, type ServerShell } from '#main/shell/server/server-shell.ts';
import { createScriptedGantry } from '#test/unit/cli/scripted-gantry.ts';

type Answer = {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
};

let folder = '';
let shell: ServerShell;
let clock = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-server-'));
  await mkdir(join(folder, 'renderer', 'assets'), { recursive: true });
  await writeFile(join(folder, 'renderer', 'index.html'), '<!doctype html>the app');
  await writeFile(join(folder, 'renderer', 'assets', 'main-1a2b.js'), 'console.log(1)');
  await writeFile(join(folder, 'secret.txt'), 'not for you');
  clock = 1_000;
  shell = await start();
});

afterEach(async () => {
  await shell.close();
  await rm(folder, { recursive: true });
});

function start(options: Partial<Parameters<typeof createServerShell>[0]> = {}): Promise<ServerShell> {
  const uid = process.getuid?.();
  return createServerShell({
    router: createScriptedGantry().router,
    rendererFolder: join(folder, 'renderer'),
    port: 0,
    now: () => clock,
    platform: process.platform,
    ...(uid === undefined ? {} : { uid }),
    ...options,
  });
}

/** By node:http, since fetch refuses to send a Host of one's own and tidies paths up. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: shell.port, path, method, headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

function pathOf(url: string): string {
  return url.slice(shell.origin.length);
}

async function signIn(): Promise<{ readonly cookie: string }> {
  const answer = await get(pathOf(shell.issueUrl()));
  return { cookie: String(answer.headers['set-cookie']?.[0]).split(';')[0] ?? '' };
}

function upgrade(headers: Record<string, string>, path = '/api/ws'): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${shell.port}${path}`, { headers });
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, answer) => resolve(answer.statusCode ?? 0));
    socket.on('error', reject);
  });
}

describe('without a session', () => {
  it.each(['/', '/index.html', '/assets/main-1a2b.js', '/api/ws', '/nothing'])(
    '%s is not shown',
    async (path) => {
      const answer = await get(path);
      expect(answer.status).toBe(401);
      expect(answer.body).toContain('Open the link that <code>gantry serve</code>');
      expect(answer.body).not.toContain('the app');
    },
  );

  it('a made-up cookie is none', async () => {
    expect((await get('/', { cookie: `gantry-${shell.port}=${'A'.repeat(43)}` })).status).toBe(401);
    expect((await get('/', { cookie: `gantry-${shell.port}=` })).status).toBe(401);
  });
});

describe('the link', () => {
  it('lets one browser in, by a cookie that scripts and other sites cannot have', async () => {
    const url = shell.issueUrl({ landing: '#/?w=w-1' });
    expect(url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${shell.port}/api/session\\?token=[\\w-]{43}$`));
    const answer = await get(pathOf(url));
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('<meta http-equiv="refresh" content="0;url=/#/?w=w-1">');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(
        new RegExp(`^gantry-${shell.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
      ),
    ]);
  });

  it('works once', async () => {
    const path = pathOf(shell.issueUrl());
    await get(path);
    const again = await get(path);
    expect(again.status).toBe(401);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(again.body).toContain('This link was used before, or it is too old.');
  });

  it('followed again by the browser that used it leads to the app', async () => {
    const path = pathOf(shell.issueUrl());
    const cookie = String((await get(path)).headers['set-cookie']?.[0]).split(';')[0] ?? '';
    const again = await get(path, { cookie });
    expect(again.status).toBe(200);
    expect(again.headers['set-cookie']).toBeUndefined();
  });

  it('works no longer than five minutes', async () => {
    const [late, soon] = [pathOf(shell.issueUrl()), pathOf(shell.issueUrl())];
    clock += linkLifetimeMs;
    expect((await get(soon)).status).toBe(200);
    clock += 1;
    expect((await get(late)).status).toBe(401);
  });

  it.each(['HEAD', 'POST'])('is not used up by %s', async (method) => {
    const path = pathOf(shell.issueUrl());
    expect((await get(path, {}, method)).status).toBe(405);
    expect((await get(path)).status).toBe(200);
  });

  it('for one user lets no other user’s browser in', async () => {
    await shell.close();
    shell = await start({ platform: 'linux', uid: (process.getuid?.() ?? 0) + 1 });
    expect((await get(pathOf(shell.issueUrl({ sameUser: true })))).status).toBe(401);
    expect((await get(pathOf(shell.issueUrl()))).status).toBe(200);
  });

  it('for one user lets that user’s browser in', async () => {
    expect((await get(pathOf(shell.issueUrl({ sameUser: true })))).status).toBe(200);
  });
});

describe('with a session', () => {
  it('the page comes with every safety header and is not kept', async () => {
    const answer = await get('/', await signIn());
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('the app');
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = String(answer.headers['content-security-policy']).split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy.join()).not.toContain('unsafe');
  });

  it('hashed files are kept for good', async () => {
    const answer = await get('/assets/main-1a2b.js', await signIn());
    expect(answer.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '//etc/passwd',
    '/nothing.txt',
    '/%',
  ])('%s leads nowhere', async (path) => {
    const answer = await get(path, await signIn());
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('not for you');
  });

  it('only reads', async () => {
    expect((await get('/', await signIn(), 'POST')).status).toBe(405);
  });
});

describe('whose request it is', () => {
  it.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1:1', '[::1]'])(
    'Host %j is not ours',
    async (host) => {
      const answer = await get('/', { ...(await signIn()), host });
      expect([400, 403]).toContain(answer.status);
      expect(answer.body).not.toContain('the app');
    },
  );

  it('localhost is ours', async () => {
    expect((await get('/', { ...(await signIn()), host: `localhost:${shell.port}` })).status).toBe(200);
  });

  it.each(['http://evil.example', 'http://127.0.0.1:1', 'null', 'https://127.0.0.1'])(
    'Origin %s is not ours',
    async (origin) => {
      expect((await get('/', { ...(await signIn()), origin })).status).toBe(403);
    },
  );

  it('another site may lead here but load nothing from here', async () => {
    const session = await signIn();
    const foreign = { ...session, 'sec-fetch-site': 'cross-site' };
    const asked = (mode: string, dest: string) =>
      get('/', { ...foreign, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest });
    expect((await asked('navigate', 'document')).status).toBe(200);
    expect((await asked('no-cors', 'script')).status).toBe(403);
    expect((await asked('navigate', 'iframe')).status).toBe(403);
  });
});

describe('the socket', () => {
  const own = () => ({ origin: shell.origin });

  it('opens for a browser that was let in', async () => {
    expect(await upgrade({ ...own(), ...(await signIn()) })).toBe(101);
  });

  it('stays shut otherwise', async () => {
    const session = await signIn();
    expect(await upgrade(own())).toBe(401);
    expect(await upgrade(session)).toBe(403);
    expect(await upgrade({ ...session, origin: 'http://evil.example' })).toBe(403);
    expect(await upgrade({ ...session, origin: 'http://evil.example', host: 'evil.example' })).toBe(403);
    expect(await upgrade({ ...session, ...own() }, '/api/other')).toBe(404);
  });

  it('carries the contract, and refuses new runs while stopping', async () => {
    const session = await signIn();
    const socket = new WebSocket(`ws://127.0.0.1:${shell.port}/api/ws`, {
      headers: { ...own(), ...session },
    });
    // The types of ws and of the DOM differ in what a listener gets; oRPC takes both.
    const client: GantryClient = createORPCClient(new RPCLink({ websocket: socket as never }));
    expect(await client.workspaces.open({ folder: '/w' })).toMatchObject({ id: 'w-1', folder: '/w' });
    const build = () => client.runs.build({ workspaceId: 'w-1', requestId: 'request-0002' });
    expect(await build()).toEqual({ runId: 1 });
    shell.refuseRuns();
    await expect(build()).rejects.toMatchObject({ code: 'GANTRY', data: { code: 'environment-busy' } });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await shell.close();
    expect(await closed).toBe(1001);
  });
});

it('drops a browser that answers no ping, and keeps one that does', async () => {
  await shell.close();
  shell = await start({ pingEveryMs: 30 });
  const headers = { origin: shell.origin, ...(await signIn()) };
  const open = (autoPong: boolean) => {
    const socket = new WebSocket(`ws://127.0.0.1:${shell.port}/api/ws`, { headers, autoPong });
    return { socket, closed: new Promise((resolve) => socket.on('close', resolve)) };
  };
  const [living, dead] = [open(true), open(false)];
  expect(await dead.closed).toBe(1006);
  expect(living.socket.readyState).toBe(WebSocket.OPEN);
});

it('while developing, a browser stays in when the server starts again', async () => {
  const dev = { port: shell.port + 1, token: 'T'.repeat(43), session: 'S'.repeat(43) };
  await shell.close();
  shell = await start({ dev });
  const host = `127.0.0.1:${dev.port}`;
  expect(shell.origin).toBe(`http://${host}`);
  const link = await get(`/api/session?token=${dev.token}`, { host });
  const cookie = String(link.headers['set-cookie']?.[0]).split(';')[0] ?? '';
  expect(cookie).toBe(`gantry-${dev.port}=${dev.session}`);
  await shell.close();
  shell = await start({ dev });
  expect((await get('/', { host, cookie })).status).toBe(200);
  expect(await upgrade({ host, cookie, origin: `http://${host}` })).toBe(101);
});

it('listens on loopback only', async () => {
  const outside = Object.values((await import('node:os')).networkInterfaces())
    .flat()
    .find((address) => address?.internal === false && address.family === 'IPv4');
  if (outside === undefined) return;
  const refused = await new Promise((resolve) => {
    const socket = connect(shell.port, outside.address);
    socket.on('connect', () => resolve('connected'));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  expect(refused).toBe('ECONNREFUSED');
});

it('says so when the port is taken', async () => {
  await expect(start({ port: shell.port })).rejects.toMatchObject({
    code: 'usage',
    message: `Port ${shell.port} is taken.`,
  });
});

it('closes while browsers hold connections open', async () => {
  const idle = connect(shell.port, '127.0.0.1');
  await new Promise((resolve) => idle.on('connect', resolve));
  const gone = new Promise((resolve) => idle.on('close', resolve));
  idle.resume();
  await shell.close();
  await gone;
});
