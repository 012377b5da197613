import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { type RegistryProxy, startRegistryProxy } from '#test/fakes/registry-proxy.ts';
import { pemOf, selfSigned } from '#test/fakes/self-signed.ts';
import { type Pen, penFor, registryFor, types } from './fixture.ts';

let real: TestRegistry;
let proxy: RegistryProxy;
let pen: Pen;
let count = 0;

beforeAll(async () => {
  real = await startRegistry();
  proxy = await startRegistryProxy(real.host);
});
afterAll(async () => {
  await proxy.stop();
  await real.stop();
});
beforeEach(() => {
  count += 1;
  pen = penFor(proxy.host, `team/app${count}`);
  proxy.reset();
});

describe('an image in a registry', () => {
  test('is told by tag, by digest and without either', async () => {
    const { digest } = await pen.image({ tag: 'latest' });
    const registry = registryFor();
    const { config, layers } = JSON.parse((await pen.read(digest))?.raw.toString() ?? '');
    const facts = {
      digest,
      mediaType: types.manifest,
      size: [config, ...layers].reduce((sum, { size }) => sum + size, 0),
      configDigest: config.digest,
    };
    for (const ref of [
      pen.name,
      `${pen.name}:latest`,
      `${pen.name}@${digest}`,
      `${pen.name}:other@${digest}`,
    ]) {
      expect(await registry.resolve(ref)).toEqual(facts);
    }
  });

  test('with several platforms has the bytes of all of them, and of its attestation', async () => {
    const { digest } = await pen.index('1');
    const children = JSON.parse((await pen.read('1'))?.raw.toString() ?? '').manifests;
    const read = async (child: { digest: string }) =>
      JSON.parse((await pen.read(child.digest))?.raw.toString() ?? '');
    const blobs = (await Promise.all(children.map(read))).flatMap(({ config, layers }) => [
      config,
      ...layers,
    ]);
    expect(blobs).toHaveLength(9);
    expect(await registryFor().resolve(`${pen.name}:1`)).toEqual({
      digest,
      mediaType: types.index,
      size: blobs.reduce((sum, { size }) => sum + size, 0),
    });
  });

  test('takes one question to be found, and one more to be read; by its digest only the latter', async () => {
    const { digest } = await pen.image({ tag: '1' });
    const asked = async (ref: string) => {
      proxy.reset();
      await registryFor().resolve(ref);
      return proxy.seen.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);
    };
    expect(await asked(`${pen.name}:1`)).toEqual(['HEAD 1', 'GET 1']);
    expect(await asked(`${pen.name}@${digest}`)).toEqual([`GET ${digest}`]);
    expect(await asked(`${pen.name}:none`)).toEqual(['HEAD none']);
  });

  test('is looked for by its digest again, though it was read', async () => {
    const { digest } = await pen.image();
    const registry = registryFor();
    const ref = `${pen.name}@${digest}`;
    expect((await registry.resolve(ref))?.digest).toBe(digest);
    expect(await registry.delete(ref)).toBe(true);
    expect(await registry.resolve(ref)).toBeUndefined();
    expect(await registryFor().resolve(ref)).toBeUndefined();
  });

  test('is read once, as long as the tag stays', async () => {
    await pen.image({ tag: '1' });
    const registry = registryFor();
    const first = await registry.resolve(`${pen.name}:1`);
    proxy.reset();
    expect(await registry.resolve(`${pen.name}:1`)).toEqual(first);
    expect(proxy.seen.map(({ method }) => method)).toEqual(['HEAD']);
    const { digest } = await pen.image({ tag: '1' });
    expect((await registry.resolve(`${pen.name}:1`))?.digest).toBe(digest);
  });

  test('that is not there is nothing', async () => {
    await pen.image({ tag: '1' });
    const registry = registryFor();
    expect(await registry.resolve(`${pen.name}:2`)).toBeUndefined();
    expect(await registry.resolve(`${pen.name}@sha256:${'0'.repeat(64)}`)).toBeUndefined();
    expect(await registry.resolve(`${proxy.host}/nobody/nothing:1`)).toBeUndefined();
  });

  test('whose digest the registry tells wrong is not believed', async () => {
    await pen.image({ tag: '1' });
    proxy.inject({
      when: ({ method }) => method === 'HEAD',
      trouble: { kind: 'headers', headers: { 'docker-content-digest': `sha256:${'1'.repeat(64)}` } },
    });
    await expect(registryFor().resolve(`${pen.name}:1`)).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringMatching(/says that .* is sha256:111.*, and gives sha256:/),
    });
  });
});

describe('tags', () => {
  test('are listed', async () => {
    for (const tag of ['b', 'a', 'c']) await pen.image({ tag });
    expect(await registryFor().tags(pen.name)).toEqual(['a', 'b', 'c']);
  });

  test('are listed over all pages', async () => {
    // This registry has one page only, however many tags.
    const pages: readonly (readonly [after: string, tags: readonly string[], link?: string])[] = [
      ['n=1000', ['a', 'b'], `</v2/${pen.repository}/tags/list?n=2&last=b>; rel="next"`],
      ['last=b', ['c', 'd'], `<http://${proxy.host}/v2/${pen.repository}/tags/list?n=2&last=d>; rel=next`],
      ['last=d', ['e']],
    ];
    for (const [after, tags, link] of pages) {
      proxy.inject({
        when: ({ query }) => query.endsWith(after),
        trouble: {
          kind: 'answer',
          status: 200,
          headers: link === undefined ? {} : { link },
          body: JSON.stringify({ tags }),
        },
      });
    }
    expect(await registryFor().tags(pen.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('of a repository that does not exist are none', async () => {
    expect(await registryFor().tags(`${proxy.host}/nobody/nothing`)).toEqual([]);
  });

  test('a list whose pages lead in a circle ends', async () => {
    await pen.image({ tag: '1' });
    const headers = { link: `</v2/${pen.repository}/tags/list?n=2>; rel="next"` };
    proxy.inject({ when: ({ path }) => path.endsWith('/tags/list'), trouble: { kind: 'headers', headers } });
    await expect(registryFor().tags(pen.name)).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringContaining('without end'),
    });
  });
});

describe('removing', () => {
  test('a digest goes under all its names', async () => {
    const { digest } = await pen.image({ tag: 'one' });
    await pen.manifest(JSON.parse((await pen.read('one'))?.raw.toString() ?? ''), 'two');
    const registry = registryFor();
    expect(await registry.delete(`${pen.name}@${digest}`)).toBe(true);
    expect([await pen.read('one'), await pen.read('two')]).toEqual([undefined, undefined]);
    expect(await registry.delete(`${pen.name}@${digest}`)).toBe(false);
  });

  test('a tag, where the registry knows how to; this one says that it does not, and the image stays', async () => {
    const { digest } = await pen.image({ tag: 'one' });
    const registry = registryFor();
    await expect(registry.delete(`${pen.name}:one`)).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringContaining('does not remove tags'),
    });
    expect((await pen.read('one'))?.digest).toBe(digest);
    proxy.inject({ when: ({ method }) => method === 'DELETE', trouble: { kind: 'answer', status: 202 } });
    expect(await registry.delete(`${pen.name}:one`)).toBe(true);
    expect(proxy.seen.at(-1)?.path).toBe(`/v2/${pen.repository}/manifests/one`);
  });

  test('is turned off in some registries', async () => {
    const { digest } = await pen.image({ tag: 'one' });
    proxy.inject({ when: ({ method }) => method === 'DELETE', trouble: { kind: 'answer', status: 405 } });
    await expect(registryFor().delete(`${pen.name}@${digest}`)).rejects.toMatchObject({
      code: 'registry-refused',
      hint: expect.stringContaining('turned on'),
    });
  });

  test('needs to be told what', async () => {
    await expect(registryFor().delete(pen.name)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('a registry with TLS', () => {
  let guarded: TestRegistry;
  let folder: string;
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = pemOf(selfSigned('gantry-test', keys));

  beforeAll(async () => {
    const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    guarded = await startRegistry(undefined, { certificate, key });
    folder = await mkdtemp(join(tmpdir(), 'gantry-docker-config-'));
  });
  afterAll(async () => {
    await guarded.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('whose certificate nobody vouches for is not spoken to', async () => {
    await expect(registryFor().ping(guarded.host)).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('its certificate is not accepted'),
    });
  });

  test('is, when its authority is where docker looks for it', async () => {
    const place = join(folder, 'certs.d', guarded.host);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'ca.crt'), certificate);
    const registry = registryFor({ DOCKER_CONFIG: folder });
    await registry.ping(guarded.host);
    const { digest } = await pen.image();
    await registry.promote(`${pen.name}@${digest}`, `${guarded.host}/prod/app:1`);
    expect((await registry.resolve(`${guarded.host}/prod/app:1`))?.digest).toBe(digest);
    // Whatever it is asked first, in the clear: a HEAD is not told why that is wrong.
    const others = registryFor({ DOCKER_CONFIG: folder });
    expect((await others.resolve(`${guarded.host}/prod/app:1`))?.digest).toBe(digest);
  });
});

test('a host that is not this machine is spoken to by TLS, unless it is named', async () => {
  // 127.0.0.1 in a spelling that does not look like it.
  const host = proxy.host.replace('127.0.0.1', '2130706433');
  const registry = registryFor();
  for (const call of [{}, { insecure: ['other.example'] }]) {
    await expect(registry.ping(host, call)).rejects.toMatchObject({ code: 'registry-unreachable' });
  }
  expect(proxy.seen).toEqual([]);
  await registry.ping(host, { insecure: [host] });
  expect(proxy.seen.length).toBeGreaterThan(0);
});
