import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { registryUser, startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { type RegistryProxy, startRegistryProxy } from '#test/fakes/registry-proxy.ts';
import { startTokenServer, type TokenServer } from '#test/fakes/token-server.ts';
import { type Descriptor, type Pen, penFor, registryFor } from './fixture.ts';

const identityToken = 'an-identity-token';
const { username, password } = registryUser;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const login = { auth: base64(`${username}:${password}`) };

let open: TestRegistry;
let basic: TestRegistry;
let tokens: TokenServer;
let guarded: TestRegistry;
/** In front of the guarded one. */
let proxy: RegistryProxy;
let source: Pen;
let image: Descriptor;
let folder: string;

beforeAll(async () => {
  tokens = await startTokenServer({ username, password, identityToken });
  [open, basic, guarded] = await Promise.all([
    startRegistry(),
    startRegistry({ kind: 'basic' }),
    startRegistry({ kind: 'token', ...tokens }),
  ]);
  proxy = await startRegistryProxy(guarded.host);
  source = penFor(open.host, 'dev/app');
  image = await source.image();
});
afterAll(async () => {
  await proxy.stop();
  await tokens.stop();
  await Promise.all([open.stop(), basic.stop(), guarded.stop()]);
});
beforeEach(async ({ onTestFinished }) => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-docker-config-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  proxy.reset();
});

/** With what `docker login` would have written. */
async function loggedIn(config: unknown) {
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  return registryFor({ DOCKER_CONFIG: folder, PATH: `${folder}:${process.env.PATH}` });
}
const from = () => `${source.name}@${image.digest}`;

describe('a registry with passwords', () => {
  test('is entered with the one in config.json', async () => {
    const registry = await loggedIn({ auths: { [basic.host]: login } });
    await registry.ping(basic.host);
    await registry.promote(from(), `${basic.host}/prod/app:1`);
    expect((await registry.resolve(`${basic.host}/prod/app:1`))?.digest).toBe(image.digest);
    const again = await registry.promote(
      `${basic.host}/prod/app@${image.digest}`,
      `${basic.host}/other/app:1`,
    );
    expect(again.mounted).toBe(3);
  });

  test('and with the one of a credential helper', async () => {
    const helper = join(folder, 'docker-credential-test');
    const answer = JSON.stringify({ ServerURL: basic.host, Username: username, Secret: password });
    await writeFile(helper, `#!/bin/sh\nread url; [ "$url" = "${basic.host}" ] && echo '${answer}'\n`);
    await chmod(helper, 0o755);
    const registry = await loggedIn({ credHelpers: { [basic.host]: 'test' } });
    await registry.ping(basic.host);
  });

  test.each([
    ['nobody', {}],
    ['a wrong password', { auth: base64(`${username}:wrong`) }],
  ])('%s is told how to log in, and no secret', async (_case, auth) => {
    const registry = await loggedIn({ auths: { [basic.host]: auth } });
    const error = await registry.ping(basic.host).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'registry-refused',
      hint: `Log in with: docker login ${basic.host}`,
    });
    expect(JSON.stringify(error) + String(error)).not.toContain('wrong');
    await expect(registry.promote(from(), `${basic.host}/prod/app:2`)).rejects.toMatchObject({
      code: 'registry-refused',
    });
  });

  test('a login while the app is open counts at once', async () => {
    const registry = await loggedIn({});
    await expect(registry.ping(basic.host)).rejects.toMatchObject({ code: 'registry-refused' });
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [basic.host]: login } }));
    await registry.ping(basic.host);
  });

  test('a helper that fails is said to', async () => {
    const registry = await loggedIn({ credHelpers: { [basic.host]: 'missing' } });
    await expect(registry.ping(basic.host)).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringContaining('docker-credential-missing cannot be run'),
    });
  });
});

describe('a registry with tokens', () => {
  test('one token serves a whole promotion, and is kept for the next', async () => {
    const registry = await loggedIn({ auths: { [proxy.host]: login } });
    await registry.promote(from(), `${proxy.host}/prod/app:1`);
    const given = tokens.given.length;
    const promote = (tag: string) =>
      registry.promote(`${proxy.host}/prod/app@${image.digest}`, `${proxy.host}/live/app:${tag}`);
    await promote('1');
    expect(tokens.given.slice(given)).toEqual([
      ['repository:live/app:pull,push', 'repository:prod/app:pull'],
    ]);
    await promote('2');
    expect(tokens.given).toHaveLength(given + 1);
    // A part of what the token is for.
    await registry.resolve(`${proxy.host}/live/app:1`);
    expect(tokens.given).toHaveLength(given + 1);
  });

  test('an identity token serves as well', async () => {
    const registry = await loggedIn({
      auths: { [guarded.host]: { auth: base64(`${username}:`), identitytoken: identityToken } },
    });
    await registry.promote(from(), `${guarded.host}/prod/app:3`);
    expect(await registry.tags(`${guarded.host}/prod/app`)).toContain('3');
  });

  test.each([
    ['nobody', {}, 'nobody who is not logged in'],
    ['a wrong password', { auth: base64(`${username}:wrong`) }, 'not the credentials'],
    ['a wrong identity token', { identitytoken: 'wrong' }, 'not the credentials'],
  ])('%s is told so', async (_case, auth, words) => {
    const registry = await loggedIn({ auths: { [guarded.host]: auth } });
    await expect(registry.resolve(`${guarded.host}/prod/app:1`)).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringContaining(words),
      hint: expect.stringContaining('docker login'),
    });
  });

  test('a token that has run out is replaced before it is sent, and one that is refused after', async () => {
    let now = Date.now();
    const auths = { [proxy.host]: login };
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }));
    const registry = registryFor({ DOCKER_CONFIG: folder }, { now: () => now });
    await registry.tags(`${proxy.host}/prod/app`);
    const given = tokens.given.length;
    now += 200_000;
    await registry.tags(`${proxy.host}/prod/app`);
    expect(tokens.given).toHaveLength(given);
    now += 50_000;
    proxy.reset();
    await registry.tags(`${proxy.host}/prod/app`);
    expect(tokens.given).toHaveLength(given + 1);
    expect(proxy.seen.map(({ status }) => status)).toEqual([200]);
    proxy.reset();
    const challenge = `Bearer realm="${tokens.realm}",service="${tokens.service}",scope="repository:prod/app:pull"`;
    const headers = { 'www-authenticate': challenge };
    proxy.inject({ when: () => true, trouble: { kind: 'answer', status: 401, headers }, times: 1 });
    await registry.tags(`${proxy.host}/prod/app`);
    expect(tokens.given).toHaveLength(given + 2);
    expect(proxy.seen.map(({ status }) => status)).toEqual([401, 200]);
  });

  test('a token that is refused in the middle of an upload is replaced, and the upload goes on', async () => {
    const registry = await loggedIn({ auths: { [proxy.host]: login } });
    const other = await source.image();
    const challenge = `Bearer realm="${tokens.realm}",service="${tokens.service}"`;
    proxy.inject({
      when: ({ method, path }) => method === 'PUT' && path.includes('/uploads/'),
      trouble: { kind: 'answer', status: 401, headers: { 'www-authenticate': challenge } },
      times: 1,
    });
    await registry.promote(`${source.name}@${other.digest}`, `${proxy.host}/prod/app:4`);
    expect((await registry.resolve(`${proxy.host}/prod/app:4`))?.digest).toBe(other.digest);
  });

  test('a token server that speaks in the clear from elsewhere is not asked', async () => {
    const registry = await loggedIn({ auths: { [proxy.host]: login } });
    const headers = { 'www-authenticate': 'Bearer realm="http://tokens.example/token"' };
    proxy.inject({ when: () => true, trouble: { kind: 'answer', status: 401, headers } });
    await expect(registry.ping(proxy.host)).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringContaining('sends Gantry on to tokens.example without encryption'),
    });
  });
});

describe('layers that are kept elsewhere', () => {
  test('are fetched from there, without the key to the registry', async () => {
    const registry = await loggedIn({ auths: { [proxy.host]: login } });
    const other = await source.image();
    await registry.promote(`${source.name}@${other.digest}`, `${proxy.host}/prod/app:5`);
    const seen: IncomingHttpHeaders[] = [];
    const storage = createServer(async (request, answer) => {
      seen.push(request.headers);
      const blob = await fetch(`http://${open.host}${request.url}`, {
        headers: { range: request.headers.range ?? 'bytes=0-' },
      });
      answer.writeHead(blob.status, { 'content-length': blob.headers.get('content-length') ?? '' });
      answer.end(Buffer.from(await blob.arrayBuffer()));
    }).listen(0, '127.0.0.1');
    await once(storage, 'listening');
    const { port } = storage.address() as AddressInfo;
    try {
      for (const { digest } of JSON.parse((await source.read(other.digest))?.raw.toString() ?? '').layers) {
        const location = `http://127.0.0.1:${port}/v2/${source.repository}/blobs/${digest}`;
        const when = ({ method, path }: { method: string; path: string }) =>
          method === 'GET' && path.endsWith(digest);
        proxy.inject({ when, trouble: { kind: 'answer', status: 307, headers: { location } } });
      }
      await registry.promote(`${proxy.host}/prod/app@${other.digest}`, `${open.host}/back/app:5`);
      expect(seen).toHaveLength(2);
      for (const headers of seen) expect(headers.authorization).toBeUndefined();
      expect(proxy.seen.filter(({ authorization }) => authorization !== undefined).length).toBeGreaterThan(2);
    } finally {
      storage.closeAllConnections();
      storage.close();
    }
  });

  test.each([
    ['http://storage.example/x', 'without encryption'],
    ['/v2/', 'in circles'],
  ])('%s is not followed', async (location, words) => {
    const registry = registryFor();
    const circle = await startRegistryProxy(open.host);
    try {
      circle.inject({
        when: ({ path }) => path !== '/v2/' || location === '/v2/',
        trouble: { kind: 'answer', status: 302, headers: { location } },
      });
      await expect(registry.tags(`${circle.host}/dev/app`)).rejects.toMatchObject({
        code: 'registry-refused',
        message: expect.stringContaining(words),
      });
    } finally {
      await circle.stop();
    }
  });
});
