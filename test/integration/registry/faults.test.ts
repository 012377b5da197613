import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Promotion } from '#main/core/ports.ts';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import {
  type Asked,
  type RegistryProxy,
  startRegistryProxy,
  type Trouble,
} from '#test/fakes/registry-proxy.ts';
import { type Descriptor, digestOf, type Pen, penFor, registryFor } from './fixture.ts';

let sources: TestRegistry;
let destinations: TestRegistry;
let sourceProxy: RegistryProxy;
let proxy: RegistryProxy;
let source: Pen;
let image: Descriptor;
/** Behind the second proxy, with something at the tag `prod`. */
let destination: Pen;
let before: Descriptor;
let count = 0;
const chunkBytes = 500_000;
/** Four chunks and a rest. */
const large = randomBytes(2_200_000);
const registry = registryFor({}, { chunkBytes });

beforeAll(async () => {
  [sources, destinations] = await Promise.all([startRegistry(), startRegistry()]);
  [sourceProxy, proxy] = [
    await startRegistryProxy(sources.host),
    await startRegistryProxy(destinations.host),
  ];
  source = penFor(sourceProxy.host, 'dev/app');
  image = await source.image({ layers: [large, randomBytes(90_000)] });
});
afterAll(async () => {
  await Promise.all([proxy.stop(), sourceProxy.stop()]);
  await Promise.all([sources.stop(), destinations.stop()]);
});
beforeEach(async () => {
  sourceProxy.reset();
  proxy.reset();
  count += 1;
  destination = penFor(proxy.host, `prod/app${count}`);
  before = await destination.image({ tag: 'prod' });
  sourceProxy.reset();
  proxy.reset();
});

const promote = (promotion: Promotion = {}, by = registry) =>
  by.promote(`${source.name}@${image.digest}`, `${destination.name}:prod`, promotion);
const at = (method: string, part: string) => (asked: Asked) =>
  asked.method === method && asked.path.includes(part);
const inject = (when: (asked: Asked) => boolean, trouble: Trouble, times?: number) =>
  proxy.inject({ when, trouble, ...(times === undefined ? {} : { times }) });
const everything = () => true;
const asked = (method: string, part: string) => proxy.seen.filter(at(method, part)).length;

/**
 * Sessions that were opened in this test, and neither finished nor cancelled. The registry itself keeps some that were
 * cancelled: those whose last request was cut in its middle (distribution 2 refuses whatever comes after it).
 */
function uncancelled(): readonly string[] {
  const sessions = new Map<string, boolean>();
  for (const { method, path, status } of proxy.seen) {
    const session = /\/blobs\/uploads\/([^/]+)$/.exec(path)?.[1];
    if (session !== undefined)
      sessions.set(session, method === 'DELETE' || (method === 'PUT' && status === 201));
  }
  return [...sessions].flatMap(([session, isOver]) => (isOver ? [] : [session]));
}

async function expectNoUploads(): Promise<void> {
  expect(uncancelled()).toEqual([]);
  const left = await destinations.openUploads();
  const cut = proxy.seen.filter(
    ({ method, status, sent }) => method === 'PATCH' && status !== 202 && sent > 0,
  );
  const known = left.filter((path) => path.includes(`/${destination.repository}/`));
  expect(known.filter((path) => !cut.some((one) => path.includes(one.path.split('/').at(-1) ?? '')))).toEqual(
    [],
  );
}

/** Looks past the proxy. */
async function expectUntouched(): Promise<void> {
  const past = penFor(destinations.host, destination.repository);
  expect((await past.read('prod'))?.digest).toBe(before.digest);
  await expectNoUploads();
}

async function expectPromoted(): Promise<void> {
  const past = penFor(destinations.host, destination.repository);
  expect((await past.read('prod'))?.digest).toBe(image.digest);
  expect(await past.hasBlob(digestOf(large))).toBe(true);
  await expectNoUploads();
}

describe('a registry that is', () => {
  test('down', async () => {
    const gone = await startRegistryProxy(destinations.host);
    await gone.stop();
    const promoting = registry.promote(
      `${source.name}@${image.digest}`,
      `${gone.host}/${destination.repository}:prod`,
    );
    await expect(promoting).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('nothing listens there'),
    });
    await expectUntouched();
  });

  test('down for a moment', async () => {
    inject(everything, { kind: 'hang-up' }, 2);
    await promote();
    await expectPromoted();
  });

  test('cutting every connection', async () => {
    inject(everything, { kind: 'hang-up' });
    await expect(promote()).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('cut'),
    });
    await expectUntouched();
  });

  test('slow, but not too slow', async () => {
    inject(at('HEAD', '/blobs/'), { kind: 'slow', ms: 200 });
    await promote();
    await expectPromoted();
  });

  test('silent', async () => {
    inject(at('PATCH', ''), { kind: 'silence' });
    // Only here: where an answer is late because the machine is busy, what it opened stays open in the registry.
    const impatient = registryFor({}, { chunkBytes, silenceMs: 1_000 });
    await expect(promote({}, impatient)).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('nothing was heard for 1 s'),
    });
    await expectUntouched();
  });

  test('not for this person: 401', async () => {
    inject(at('POST', '/uploads/'), {
      kind: 'answer',
      status: 401,
      body: '{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}',
    });
    await expect(promote()).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringContaining('who are you'),
      hint: `Log in with: docker login ${proxy.host}`,
    });
    await expectUntouched();
  });

  test('not allowing it: 403', async () => {
    inject(at('PUT', '/manifests/'), {
      kind: 'answer',
      status: 403,
      body: '{"errors":[{"code":"DENIED","message":"read only"}]}',
    });
    await expect(promote()).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringMatching(/does not allow.*read only/),
    });
    expect(asked('PUT', '/manifests/')).toBe(1);
    await expectUntouched();
  });

  test('one that wants repositories to be made first', async () => {
    const body = '{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]}';
    inject(at('POST', '/uploads/'), { kind: 'answer', status: 404, body });
    await expect(promote()).rejects.toMatchObject({
      code: 'registry-refused',
      hint: expect.stringContaining('Create the repository'),
    });
    await expectUntouched();
  });

  test('overrun: 429, waited for as long as it asks', async () => {
    inject(at('HEAD', '/blobs/'), { kind: 'answer', status: 429, headers: { 'retry-after': '1' } }, 1);
    const began = performance.now();
    await promote();
    expect(performance.now() - began).toBeGreaterThan(990);
    await expectPromoted();
  });

  test('overrun in the middle of an upload', async () => {
    inject(at('PATCH', ''), { kind: 'answer', status: 429, headers: { 'retry-after': '1' } }, 1);
    const began = performance.now();
    await promote();
    expect(performance.now() - began).toBeGreaterThan(990);
    await expectPromoted();
  });

  test('overrun for longer than anybody waits', async () => {
    inject(at('HEAD', '/manifests/'), { kind: 'answer', status: 429, headers: { 'retry-after': '3600' } });
    const began = performance.now();
    await expect(promote()).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('too many requests'),
    });
    expect(performance.now() - began).toBeLessThan(1_000);
    await expectUntouched();
  });

  test('overrun while an upload is being opened', async () => {
    inject(at('POST', '/uploads/'), { kind: 'late', ms: 300 });
    const isOpened = () => vi.waitFor(() => expect(asked('POST', '/uploads/')).toBeGreaterThan(0));
    inject(at('HEAD', '/manifests/'), { kind: 'meanwhile', work: isOpened }, 1);
    await expect(promote({ destinationWas: `sha256:${'0'.repeat(64)}` })).rejects.toMatchObject({
      code: 'plan-stale',
    });
    expect(asked('DELETE', '/uploads/')).toBeGreaterThan(0);
    await expectUntouched();
  });

  test('no registry at all', async () => {
    inject(everything, { kind: 'answer', status: 200, body: '<html>welcome</html>' });
    await expect(registry.resolve(`${destination.name}:prod`)).rejects.toMatchObject({ code: 'image-unfit' });
    await expect(registry.tags(destination.name)).rejects.toMatchObject({ code: 'registry-refused' });
  });
});

describe('an upload', () => {
  test('500 in the middle, once: it is done', async () => {
    inject(at('PATCH', ''), { kind: 'answer', status: 500, afterBytes: 200_000 }, 1);
    await promote();
    await expectPromoted();
  });

  test('500 in the middle, each time: it is given up, and nothing stays', async () => {
    inject(at('PATCH', ''), { kind: 'answer', status: 500, afterBytes: 200_000 });
    await expect(promote()).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('500'),
    });
    await expectUntouched();
  });

  test('500 in the middle of what is never read to its end: nothing waits behind that', async () => {
    inject(at('PATCH', ''), { kind: 'answer', status: 500, afterBytes: 200_000, leavesRest: true }, 1);
    const began = performance.now();
    await promote();
    // The proxy gives up a connection on which nothing happens after 6 s.
    expect(performance.now() - began).toBeLessThan(4_000);
    await expectPromoted();
  });

  test('a connection that is lost before a chunk: it goes on where it was', async () => {
    let chunks = 0;
    inject((one) => at('PATCH', '')(one) && ++chunks === 4, { kind: 'hang-up' });
    const done = await promote();
    expect(done.copied).toBe(3);
    await expectPromoted();
    const patched = proxy.seen.filter(at('PATCH', '')).reduce((sum, { sent }) => sum + sent, 0);
    expect(patched).toBe(large.length);
    expect(
      sourceProxy.seen.filter(({ path }) => path.endsWith(digestOf(large))).map(({ status }) => status),
    ).toContain(206);
  });

  test('a connection that is cut in a chunk: the bytes arrive all the same', async () => {
    inject(at('PATCH', ''), { kind: 'cut-request', afterBytes: 300_000 }, 1);
    await promote();
    await expectPromoted();
  });

  test('a connection that is cut in each chunk: given up in the end', async () => {
    inject(at('PATCH', ''), { kind: 'cut-request', afterBytes: 300_000 });
    await expect(promote()).rejects.toMatchObject({ code: 'registry-unreachable' });
    await expectUntouched();
  });

  test('an answer that is lost at the end: what is there is not sent again', async () => {
    inject(at('PUT', '/uploads/'), { kind: 'lose-answer' }, 1);
    await promote();
    await expectPromoted();
    expect(asked('PATCH', '')).toBe(5);
  });

  test('a source that breaks off: it is asked for the rest', async () => {
    sourceProxy.inject({
      when: at('GET', digestOf(large)),
      trouble: { kind: 'cut-answer', afterBytes: 1_200_000 },
      times: 1,
    });
    await promote();
    await expectPromoted();
  });

  test('a source that knows no ranges is read again from its beginning', async () => {
    const plain = await startRegistryProxy(sources.host, undefined, ['range']);
    let chunks = 0;
    inject((one) => at('PATCH', '')(one) && ++chunks === 4, { kind: 'hang-up' });
    try {
      const from = `${plain.host}/${source.repository}@${image.digest}`;
      await registry.promote(from, `${destination.name}:prod`);
      await expectPromoted();
      const reads = plain.seen.filter(({ path }) => path.endsWith(digestOf(large)));
      expect(reads.map(({ status }) => status)).toEqual([200, 200]);
    } finally {
      await plain.stop();
    }
  });

  test('a source that always breaks off', async () => {
    sourceProxy.inject({
      when: at('GET', digestOf(large)),
      trouble: { kind: 'cut-answer', afterBytes: 100_000 },
    });
    await expect(promote()).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining(sourceProxy.host),
    });
    await expectUntouched();
  });

  test('a source that gives other bytes', async () => {
    const wrong = await source.blob(randomBytes(large.length));
    const lying = await startRegistryProxy(sources.host, (path) =>
      path.replace(digestOf(large), wrong.digest),
    );
    try {
      const promoting = registry.promote(
        `${lying.host}/${source.repository}@${image.digest}`,
        `${destination.name}:prod`,
      );
      await expect(promoting).rejects.toMatchObject({
        code: 'registry-refused',
        message: expect.stringContaining('other bytes'),
      });
      await expectUntouched();
    } finally {
      await lying.stop();
    }
  });

  test('cancelled in the middle', async () => {
    const cancel = new AbortController();
    inject(at('PATCH', ''), { kind: 'slow', ms: 50 });
    const promoting = promote({
      signal: cancel.signal,
      onProgress: ({ bytesDone }) => {
        if (bytesDone > 600_000) cancel.abort(new Error('never mind'));
      },
    });
    await expect(promoting).rejects.toThrow('never mind');
    await expectUntouched();
  });

  test('cancelled before it began', async () => {
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(promote({ signal })).rejects.toThrow('never mind');
    expect(proxy.seen).toEqual([]);
  });
});

describe('the last write', () => {
  const tagPut = at('PUT', '/manifests/prod');

  test('a digest that is not the one that was put: refused before any tag moves', async () => {
    inject(at('PUT', '/manifests/sha256'), {
      kind: 'headers',
      headers: { 'docker-content-digest': `sha256:${'1'.repeat(64)}` },
    });
    await expect(promote()).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringContaining('111'),
    });
    expect(proxy.seen.filter(tagPut)).toEqual([]);
    await expectUntouched();
  });

  test('a digest that is read back wrong: the tag goes back to where it was', async () => {
    let puts = 0;
    proxy.inject({ when: (one) => tagPut(one) && ++puts < 0, trouble: { kind: 'silence' } });
    inject((one) => at('HEAD', '/manifests/prod')(one) && puts > 0, {
      kind: 'headers',
      headers: { 'docker-content-digest': `sha256:${'1'.repeat(64)}` },
    });
    await expect(promote()).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringMatching(/says that .*:prod is sha256:111/),
    });
    expect(proxy.seen.filter(tagPut)).toHaveLength(2);
    await expectUntouched();
  });

  test('a digest that a registry does not tell is computed from the bytes', async () => {
    inject(everything, { kind: 'headers', headers: { 'docker-content-digest': undefined } });
    await promote();
    await expectPromoted();
  });

  test('a registry that knows no HEAD', async () => {
    inject((one) => one.method === 'HEAD' && one.path.includes('/manifests/'), {
      kind: 'answer',
      status: 405,
    });
    await promote();
    await expectPromoted();
  });

  test('the tag is moved by somebody else at that moment: it is theirs, and said so', async () => {
    const theirs = await destination.image();
    const past = penFor(destinations.host, destination.repository);
    const raw = (await past.read(theirs.digest))?.raw ?? Buffer.alloc(0);
    let isPut = false;
    proxy.inject({
      when: tagPut,
      trouble: {
        kind: 'afterwards',
        work: async () => {
          isPut = true;
        },
      },
    });
    inject((one) => isPut && at('HEAD', '/manifests/prod')(one), {
      kind: 'meanwhile',
      work: async () => {
        await past.manifest(JSON.parse(raw.toString()), 'prod');
      },
    });
    await expect(promote()).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringContaining('moved by somebody else'),
    });
    expect((await past.read('prod'))?.digest).toBe(theirs.digest);
  });

  test('an answer to it that is lost: put again, and read back', async () => {
    inject(tagPut, { kind: 'lose-answer' }, 1);
    await promote();
    await expectPromoted();
  });

  test('answers to it that are always lost: the tag goes back to where it was', async () => {
    // Until it looks where the tag is.
    inject((one) => tagPut(one) && asked('GET', '/manifests/prod') === 0, { kind: 'lose-answer' });
    await expect(promote()).rejects.toMatchObject({ code: 'registry-unreachable' });
    await expectUntouched();
  });

  test('500 to it', async () => {
    inject(tagPut, { kind: 'answer', status: 500 });
    await expect(promote()).rejects.toMatchObject({ code: 'registry-unreachable' });
    await expectUntouched();
  });

  test('a cancel after it was put: the tag goes back to where it was', async () => {
    const cancel = new AbortController();
    inject(tagPut, { kind: 'afterwards', work: async () => cancel.abort(new Error('never mind')) }, 1);
    inject(at('HEAD', '/manifests/prod'), { kind: 'slow', ms: 100 });
    await expect(promote({ signal: cancel.signal })).rejects.toThrow('never mind');
    await expectUntouched();
  });

  test('a registry that is gone after it: nobody claims to know', async () => {
    inject((one) => asked('PUT', '/manifests/prod') > 0 && !tagPut(one), { kind: 'hang-up' });
    await expect(promote()).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('Where the tag points now is not known'),
    });
  });
});
