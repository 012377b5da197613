import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TransferProgress } from '#main/core/ports.ts';
import { startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { type RegistryProxy, startRegistryProxy } from '#test/fakes/registry-proxy.ts';
import { type Pen, penFor, registryFor, types } from './fixture.ts';

let real: TestRegistry;
let other: TestRegistry;
/** In front of the first. */
let proxy: RegistryProxy;
let source: Pen;
let count = 0;
const registry = registryFor();

beforeAll(async () => {
  [real, other] = await Promise.all([startRegistry(), startRegistry()]);
  proxy = await startRegistryProxy(real.host);
  source = penFor(proxy.host, 'dev/app');
});
afterAll(async () => {
  await proxy.stop();
  const left = [await real.openUploads(), await other.openUploads()];
  await Promise.all([real.stop(), other.stop()]);
  expect(left).toEqual([[], []]);
});
beforeEach(() => proxy.reset());

/** A repository that nobody has used. */
const fresh = (host: string) => {
  count += 1;
  return penFor(host, `prod/app${count}`);
};
const blobBytes = () =>
  proxy.seen
    .filter(({ path }) => path.includes('/blobs/'))
    .reduce((sum, { sent, received }) => sum + sent + received, 0);

describe('within one registry', () => {
  test('the tag of a repository moves, and nothing else happens', async () => {
    const [first, second] = [await source.image({ tag: 'staging' }), await source.image()];
    proxy.reset();
    const done = await registry.promote(`${source.name}@${second.digest}`, `${source.name}:staging`);
    expect(done).toEqual({
      digest: second.digest,
      was: first.digest,
      mounted: 0,
      present: 0,
      copied: 0,
      bytesCopied: 0,
    });
    const writes = proxy.seen.filter(({ method }) => method !== 'GET' && method !== 'HEAD');
    expect(writes.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT /v2/dev/app/manifests/staging',
    ]);
    expect((await source.read('staging'))?.digest).toBe(second.digest);
    expect((await source.read(first.digest))?.digest).toBe(first.digest);
  });

  test('an image arrives in another repository byte for byte, and none of its layers’ bytes come this way', async () => {
    const image = await source.image();
    const destination = fresh(proxy.host);
    const before = await source.read(image.digest);
    proxy.reset();
    const done = await registry.promote(`${source.name}@${image.digest}`, `${destination.name}:1`);
    expect(done).toEqual({ digest: image.digest, mounted: 3, present: 0, copied: 0, bytesCopied: 0 });
    expect(blobBytes()).toBe(0);
    const after = await destination.read('1');
    expect(after?.digest).toBe(image.digest);
    expect(after?.raw.equals(before?.raw ?? Buffer.alloc(0))).toBe(true);
  });

  test('an index comes with all its platforms and its attestation, children before it', async () => {
    const index = await source.index();
    const destination = fresh(proxy.host);
    proxy.reset();
    await registryFor().promote(`${source.name}@${index.digest}`, `${destination.name}:1`);
    expect(blobBytes()).toBe(0);
    const raw = (await destination.read('1'))?.raw.toString() ?? '';
    expect((await destination.read('1'))?.digest).toBe(index.digest);
    expect(raw).toContain('x-gantry');
    const children = [...raw.matchAll(/"digest": "(sha256:[0-9a-f]+)",\s+"size"/g)].map(
      ([, digest]) => digest ?? '',
    );
    expect(children).toHaveLength(3);
    for (const child of children) expect((await destination.read(child))?.digest).toBe(child);
    const puts = proxy.seen
      .filter(({ method }) => method === 'PUT')
      .map(({ path }) => path.split('/').at(-1));
    expect(puts.slice(0, 3).sort()).toEqual([...children].sort());
    expect(puts.slice(3)).toEqual([index.digest, '1']);
  });

  test('one that is there already is left as it is', async () => {
    const image = await source.image();
    const destination = fresh(proxy.host);
    await registry.promote(`${source.name}@${image.digest}`, `${destination.name}:1`);
    proxy.reset();
    const again = await registry.promote(`${source.name}@${image.digest}`, `${destination.name}:1`);
    expect(again).toMatchObject({ digest: image.digest, was: image.digest });
    expect(proxy.seen.some(({ method, path }) => method === 'PUT' && path.endsWith('/1'))).toBe(false);
  });

  test('what was put under its digest first goes to a new tag at once where that was kept as it was', async () => {
    const open = registryFor();
    const putAt = async (name: string) => {
      const { digest } = await source.image();
      proxy.reset();
      await open.promote(`${source.name}@${digest}`, name);
      const puts = proxy.seen.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/'));
      return puts.map(({ path }) => (path.endsWith(digest) ? 'digest' : path.split('/').at(-1)));
    };
    const destination = fresh(proxy.host);
    expect(await putAt(`${destination.name}:1`)).toEqual(['digest', '1']);
    expect(await putAt(`${fresh(proxy.host).name}:1`)).toEqual(['1']);
    // One that somebody may rely on moves to nothing that was not seen to be right.
    expect(await putAt(`${destination.name}:1`)).toEqual(['digest', '1']);
    // Behind the same host there may be another registry.
    expect(await putAt(`${proxy.host}/other/app${count}:1`)).toEqual(['digest', '1']);
  });

  test('a registry that keeps a manifest no more is found out by what is read back', async () => {
    const open = registryFor();
    const image = await source.image();
    await open.promote(`${source.name}@${image.digest}`, `${fresh(proxy.host).name}:1`);
    const destination = fresh(proxy.host);
    let isPut = false;
    proxy.inject({
      when: ({ method, path }) => method === 'PUT' && path.endsWith('/manifests/1'),
      trouble: {
        kind: 'afterwards',
        work: async () => {
          isPut = true;
        },
      },
    });
    const headers = { 'docker-content-digest': `sha256:${'1'.repeat(64)}` };
    proxy.inject({
      when: ({ method }) => method === 'HEAD' && isPut,
      trouble: { kind: 'headers', headers },
      times: 1,
    });
    // This registry takes away none of its tags; it is told all the same.
    await expect(
      open.promote(`${source.name}@${image.digest}`, `${destination.name}:1`),
    ).rejects.toMatchObject({
      code: 'registry-refused',
      message: expect.stringMatching(/says that .*:1 is sha256:111/),
    });
    expect(proxy.seen.at(-1)).toMatchObject({
      method: 'DELETE',
      path: expect.stringContaining('/manifests/1'),
    });
  });

  test('a registry that does not mount has the layers copied, in the sessions that it opened', async () => {
    const image = await source.image({ layers: [randomBytes(300_000), randomBytes(10)] });
    const destination = fresh(proxy.host);
    const unable = { from: 'nobody/nowhere' };
    // Asked to mount from a repository that is not there, the real registry opens a session: 202.
    const rewriting = await startRegistryProxy(real.host, (path) =>
      path.replace(/from=[^&]+/, `from=${unable.from}`),
    );
    try {
      const [from, to] = [penFor(rewriting.host, 'dev/app'), penFor(rewriting.host, destination.repository)];
      const done = await registry.promote(`${from.name}@${image.digest}`, `${to.name}:1`);
      expect(done).toMatchObject({ digest: image.digest, mounted: 0, copied: 3 });
      expect(done.bytesCopied).toBeGreaterThan(300_010);
      expect((await destination.read('1'))?.digest).toBe(image.digest);
    } finally {
      await rewriting.stop();
    }
  });
});

describe('between two registries', () => {
  test('layers stream through in chunks, with progress that ends at all of it', async () => {
    const layers = [randomBytes(2_500_000), randomBytes(900_000), randomBytes(0)];
    const image = await source.image({ layers });
    const destination = fresh(other.host);
    const progress: TransferProgress[] = [];
    const chunked = registryFor({}, { chunkBytes: 1_000_000 });
    const done = await chunked.promote(`${source.name}@${image.digest}`, `${destination.name}:1`, {
      onProgress: (one) => progress.push(one),
    });
    expect(done).toMatchObject({ digest: image.digest, mounted: 0, present: 0, copied: 4 });
    expect((await destination.read('1'))?.digest).toBe(image.digest);
    const last = progress.at(-1);
    expect(last).toMatchObject({ layersDone: 3, layersTotal: 3 });
    expect(last?.bytesDone).toBe(last?.bytesTotal);
    expect(last?.bytesDone).toBe(done.bytesCopied);
  });

  test('what is there already does not travel again', async () => {
    const shared = randomBytes(400_000);
    const destination = fresh(other.host);
    const [first, second] = [
      await source.image({ layers: [shared] }),
      await source.image({ layers: [shared] }),
    ];
    await registry.promote(`${source.name}@${first.digest}`, `${destination.name}:1`);
    const done = await registry.promote(`${source.name}@${second.digest}`, `${destination.name}:2`);
    expect(done).toMatchObject({ present: 1, copied: 1 });
    expect(done.bytesCopied).toBeLessThan(1_000);
  });

  test('an index with its attestation, and everything that refers to it', async () => {
    const index = await source.index();
    const signature = await source.image({ subject: index });
    const ofSignature = await source.image({ subject: signature });
    const listed = (one: typeof index) => ({ schemaVersion: 2, mediaType: types.index, manifests: [one] });
    // This registry keeps no such lists itself.
    await source.manifest(listed(signature), index.digest.replace(':', '-'));
    await source.manifest(listed(ofSignature), signature.digest.replace(':', '-'));
    const cosigned = await source.image({ tag: `${index.digest.replace(':', '-')}.sig` });
    const destination = fresh(other.host);
    const done = await registry.promote(`${source.name}@${index.digest}`, `${destination.name}:1`);
    expect((await destination.read('1'))?.digest).toBe(index.digest);
    expect(done.bytesCopied).toBeGreaterThan(0);
    for (const { digest } of [signature, ofSignature])
      expect((await destination.read(digest))?.digest).toBe(digest);
    const list = await destination.read(index.digest.replace(':', '-'));
    expect(JSON.parse(list?.raw.toString() ?? '')).toMatchObject({
      manifests: [{ digest: signature.digest }],
    });
    expect((await destination.read(`${index.digest.replace(':', '-')}.sig`))?.digest).toBe(cosigned.digest);
  });

  test('a registry that keeps no such lists is asked for them once, and for what is under tags each time', async () => {
    const asked = () => proxy.seen.filter(({ path }) => path.includes('/referrers/')).length;
    const open = registryFor();
    for (let round = 0; round < 2; round += 1) {
      const image = await source.image();
      const signature = await source.image({ subject: image });
      const list = { schemaVersion: 2, mediaType: types.index, manifests: [signature] };
      await source.manifest(list, image.digest.replace(':', '-'));
      const destination = fresh(other.host);
      await open.promote(`${source.name}@${image.digest}`, `${destination.name}:1`);
      expect((await destination.read(signature.digest))?.digest).toBe(signature.digest);
      expect(asked()).toBe(1);
    }
  });

  test('what was asked ahead is not asked again, and comes along', async () => {
    const open = registryFor();
    const image = await source.image();
    const cosigned = await source.image({ tag: `${image.digest.replace(':', '-')}.sig` });
    const destination = fresh(proxy.host);
    const ends = [`${source.name}@${image.digest}`, `${destination.name}:1`] as const;
    const asked = () =>
      proxy.seen.filter(
        ({ method, path }) =>
          path.includes('/referrers/') || (method === 'HEAD' && /\.(sig|att|sbom)$/.test(path)),
      ).length;
    proxy.reset();
    open.expectPromotion(...ends);
    await vi.waitFor(() => expect(asked()).toBe(4));
    await open.promote(...ends);
    expect(asked()).toBe(4);
    expect((await destination.read(`${image.digest.replace(':', '-')}.sig`))?.digest).toBe(cosigned.digest);
    // Asked for one promotion: the next one looks for itself.
    await open.promote(ends[0], `${fresh(proxy.host).name}:1`);
    expect(asked()).toBeGreaterThan(4);
  });

  test('a cancel does not wait for what was asked ahead', async () => {
    const open = registryFor();
    const image = await source.image();
    const ends = [`${source.name}@${image.digest}`, `${fresh(proxy.host).name}:1`] as const;
    proxy.inject({ when: ({ path }) => path.includes('/referrers/'), trouble: { kind: 'silence' } });
    open.expectPromotion(...ends);
    const cancel = new AbortController();
    const promoted = open.promote(...ends, { signal: cancel.signal });
    // All that the promotion itself asks before it needs that.
    const isMounted = ({ method, status }: (typeof proxy.seen)[number]) =>
      method === 'POST' && status === 201;
    await vi.waitFor(() => expect(proxy.seen.filter(isMounted)).toHaveLength(3));
    await new Promise((resolve) => setTimeout(resolve, 50));
    cancel.abort(new Error('never mind'));
    const at = performance.now();
    await expect(promoted).rejects.toThrow('never mind');
    expect(performance.now() - at).toBeLessThan(500);
  });

  test('a promotion that is expected and cannot be changes nothing, and nobody is told', async () => {
    const open = registryFor();
    proxy.reset();
    open.expectPromotion('no name at all', 'https://neither');
    open.expectPromotion(`${source.name}:1`, `${fresh(proxy.host).name}:1`);
    open.expectPromotion('127.0.0.1:1/dev/app@sha256:1', '127.0.0.1:1/prod/app:1');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(proxy.seen.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
  });

  test('a tag that was looked at a moment ago is not asked for again, but for reading it back', async () => {
    const open = registryFor();
    const image = await source.image();
    const destination = fresh(proxy.host);
    const ends = [`${source.name}@${image.digest}`, `${destination.name}:1`] as const;
    const looks = () =>
      proxy.seen.filter(({ method, path }) => method === 'HEAD' && path.endsWith('/manifests/1')).length;
    expect(await open.resolve(ends[1])).toBeUndefined();
    proxy.reset();
    expect(await open.promote(...ends, { destinationWas: null })).not.toHaveProperty('was');
    expect(looks()).toBe(1);
    // That look was for one promotion.
    expect(await open.promote(...ends)).toMatchObject({ was: image.digest });
    expect(looks()).toBe(2);
  });

  test('a look that is older than half a second is not trusted', async () => {
    const open = registryFor();
    const image = await source.image();
    const destination = fresh(proxy.host);
    expect(await open.resolve(`${destination.name}:1`)).toBeUndefined();
    const theirs = await destination.image({ tag: '1' });
    await new Promise((resolve) => setTimeout(resolve, 510));
    const promoting = open.promote(`${source.name}@${image.digest}`, `${destination.name}:1`, {
      destinationWas: null,
    });
    await expect(promoting).rejects.toMatchObject({ code: 'plan-stale' });
    expect((await destination.read('1'))?.digest).toBe(theirs.digest);
  });

  test('nor is one from before the tag was removed from here', async () => {
    const open = registryFor();
    const [before, image] = [await source.image(), await source.image()];
    const destination = fresh(proxy.host);
    await open.promote(`${source.name}@${before.digest}`, `${destination.name}:1`);
    await open.resolve(`${destination.name}:1`);
    await open.delete(`${destination.name}@${before.digest}`);
    const promoted = await open.promote(`${source.name}@${image.digest}`, `${destination.name}:1`);
    expect(promoted).not.toHaveProperty('was');
  });

  test('a signature that only the destination has stays there', async () => {
    const image = await source.image();
    const tag = `${image.digest.replace(':', '-')}.sig`;
    await source.image({ tag });
    const destination = fresh(other.host);
    const theirs = await destination.image({ tag });
    await registry.promote(`${source.name}@${image.digest}`, `${destination.name}:1`);
    expect((await destination.read(tag))?.digest).toBe(theirs.digest);
  });
});

describe('what cannot be promoted', () => {
  const refused = (from: string, more = {}) => {
    const destination = fresh(other.host);
    return { destination, promoting: registry.promote(from, `${destination.name}:1`, more) };
  };

  test('an image that is not there', async () => {
    const { promoting } = refused(`${source.name}@sha256:${'0'.repeat(64)}`);
    await expect(promoting).rejects.toMatchObject({
      code: 'image-gone',
      message: expect.stringContaining('000'),
    });
  });

  test('a manifest that is not the one that was asked for', async () => {
    const [image, other] = [await source.image(), await source.image()];
    const lying = await startRegistryProxy(real.host, (path) => path.replace(image.digest, other.digest));
    try {
      const from = `${lying.host}/${source.repository}@${image.digest}`;
      const refusal = { code: 'registry-refused', message: expect.stringContaining('other bytes') };
      await expect(refused(from).promoting).rejects.toMatchObject(refusal);
      await expect(registry.resolve(from)).rejects.toMatchObject(refusal);
    } finally {
      await lying.stop();
    }
  });

  test('an image without the layer that its manifest names', async () => {
    const image = await source.image();
    const manifest = JSON.parse((await source.read(image.digest))?.raw.toString() ?? '');
    await fetch(`http://${source.host}/v2/${source.repository}/blobs/${manifest.layers[1].digest}`, {
      method: 'DELETE',
    });
    const { destination, promoting } = refused(`${source.name}@${image.digest}`);
    await expect(promoting).rejects.toMatchObject({
      code: 'image-gone',
      message: expect.stringMatching(/incomplete.*sha256/),
    });
    expect(await destination.read('1')).toBeUndefined();
    const within = registry.promote(`${source.name}@${image.digest}`, `${fresh(proxy.host).name}:1`);
    await expect(within).rejects.toMatchObject({ code: 'image-gone' });
    // Its own repository looks as well.
    await expect(
      registry.promote(`${source.name}@${image.digest}`, `${source.name}:broken`),
    ).rejects.toMatchObject({
      code: 'image-gone',
    });
    expect(await source.read('broken')).toBeUndefined();
  });

  test('an index without the wished platform, and an image for another', async () => {
    const index = await source.index();
    const image = await source.image();
    for (const [from, has] of [
      [index, 'linux/amd64, linux/arm64/v8'],
      [image, 'linux/amd64'],
    ] as const) {
      const { promoting } = refused(`${source.name}@${from.digest}`, { platform: 'linux/s390x' });
      await expect(promoting).rejects.toMatchObject({
        code: 'image-unfit',
        message: expect.stringContaining(`is for ${has}, not for linux/s390x`),
        hint: expect.stringContaining('build.platforms'),
      });
    }
    const { destination, promoting } = refused(`${source.name}@${index.digest}`, { platform: 'linux/arm64' });
    await promoting;
    expect((await destination.read('1'))?.digest).toBe(index.digest);
  });

  test('a schema 1 manifest', async () => {
    const image = await source.image();
    proxy.inject({
      when: ({ method, path }) => method === 'GET' && path.includes('/manifests/'),
      trouble: {
        kind: 'headers',
        headers: { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' },
      },
    });
    await expect(refused(`${source.name}@${image.digest}`).promoting).rejects.toMatchObject({
      code: 'image-unfit',
      message: expect.stringContaining('schema 1'),
    });
    await expect(registry.resolve(`${source.name}@${image.digest}`)).rejects.toMatchObject({
      code: 'image-unfit',
    });
  });

  test('a tag in place of a digest, a digest in place of a tag, and what is no name', async () => {
    const image = await source.image();
    for (const [from, to] of [
      [`${source.name}:1`, `${source.name}:2`],
      [`${source.name}@${image.digest}`, `${source.name}@${image.digest}`],
      [`${source.name}@${image.digest}`, `${source.name}:-x`],
      ['Not A Name', `${source.name}:2`],
    ] as const) {
      await expect(registry.promote(from, to)).rejects.toMatchObject({ code: 'usage' });
    }
  });

  test('to a tag that has moved since the plan', async () => {
    const [planned, moved, image] = [
      await source.image({ tag: 'prod' }),
      await source.image(),
      await source.image(),
    ];
    await registry.promote(`${source.name}@${moved.digest}`, `${source.name}:prod`);
    const from = `${source.name}@${image.digest}`;
    for (const destinationWas of [planned.digest, null]) {
      await expect(registry.promote(from, `${source.name}:prod`, { destinationWas })).rejects.toMatchObject({
        code: 'plan-stale',
      });
    }
    await expect(
      registry.promote(from, `${source.name}:new`, { destinationWas: planned.digest }),
    ).rejects.toMatchObject({ code: 'plan-stale' });
    expect((await source.read('prod'))?.digest).toBe(moved.digest);
    await registry.promote(from, `${source.name}:prod`, { destinationWas: moved.digest });
    await registry.promote(from, `${source.name}:new`, { destinationWas: null });
    expect((await source.read('new'))?.digest).toBe(image.digest);
  });
});
