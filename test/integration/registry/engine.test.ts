import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TransferProgress } from '#main/core/ports.ts';
import { baseImage } from '#test/engine/base-image.ts';
import type { ProvisionedEngine } from '#test/engine/engine.ts';
import { ownEngine, testEngine } from '#test/engine/for-tests.ts';
import { registryUser, startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { type RegistryProxy, startRegistryProxy } from '#test/fakes/registry-proxy.ts';
import { penFor, registryFor } from './fixture.ts';

const execute = promisify(execFile);
const unique = `gantry-reg-${randomUUID().slice(0, 8)}`;
const label = `dev.gantry.test=${unique}`;

let near: TestRegistry;
let far: TestRegistry;
let guarded: TestRegistry;
let folder: string;
let own: ProvisionedEngine | undefined;

beforeAll(async () => {
  [near, far, guarded] = await Promise.all([
    startRegistry(),
    startRegistry(),
    startRegistry({ kind: 'basic' }),
  ]);
  folder = await mkdtemp(join(tmpdir(), 'gantry-registry-context-'));
  await writeFile(
    join(folder, 'Dockerfile'),
    `FROM ${baseImage}\nARG NAME\nRUN echo $NAME > /name\nCOPY big /big\n`,
  );
  await writeFile(join(folder, 'scratch'), 'FROM scratch\nCOPY big /big\n');
  await writeFile(join(folder, 'big'), Buffer.alloc(3_000_000, 'x'));
});
afterAll(async () => {
  await Promise.all([near.stop(), far.stop(), guarded.stop()]);
  await own?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(['classic', 'containerd'] as const)('the %s store', (store) => {
  let engine: { readonly dockerBin: string; readonly env: Readonly<Record<string, string>> };
  let env: Record<string, string>;
  const docker = async (...argv: readonly string[]) =>
    (await execute(engine.dockerBin, [...argv], { env })).stdout.trim();
  const registry = (more: Readonly<Record<string, string>> = {}) => registryFor({ ...env, ...more });
  const idOf = (name: string) => docker('image', 'inspect', '--format', '{{.Id}}', name);
  const build = async (name: string, ...argv: readonly string[]) => {
    const tag = `${unique}:${name}`;
    await docker(
      'buildx',
      'build',
      '--load',
      '--build-arg',
      `NAME=${name}`,
      '-t',
      tag,
      '--label',
      label,
      ...argv,
      folder,
    );
    return { tag, imageId: await idOf(tag) };
  };

  beforeAll(async () => {
    if (store === 'containerd') {
      own = await ownEngine(
        {
          skip: (why) => {
            throw new Error(why);
          },
        },
        { store },
      );
      engine = own;
    } else {
      engine = testEngine();
    }
    env = Object.fromEntries(
      Object.entries({ ...process.env, ...engine.env }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value]],
      ),
    );
  });
  afterAll(async () => {
    const mine = await docker('images', '--quiet', '--filter', `label=${label}`);
    if (mine !== '') await docker('rmi', '--force', ...new Set(mine.split('\n')));
  });

  test('an image travels from the engine through two registries and back, and stays the same', async () => {
    const { tag, imageId } = await build('one', '--provenance=false');
    const progress: TransferProgress[] = [];
    const to = `${near.host}/${unique}/${store}:1`;
    const pushed = await registry().push(imageId, to, { onProgress: (one) => progress.push(one) });
    const there = await penFor(near.host, `${unique}/${store}`).read('1');
    expect(pushed.digest).toBe(there?.digest);
    const { config, layers } = JSON.parse(there?.raw.toString() ?? '');
    expect(pushed.configDigest).toBe(config.digest);
    expect(pushed.size).toBe([config, ...layers].reduce((sum, { size }) => sum + size, 0));
    expect(store === 'classic' ? pushed.configDigest : pushed.digest).toBe(imageId);
    expect(progress.at(-1)?.layersTotal).toBeGreaterThanOrEqual(layers.length);
    expect(progress.at(-1)?.layersDone).toBe(progress.at(-1)?.layersTotal);

    const from = `${near.host}/${unique}/${store}@${pushed.digest}`;
    const promoted = await registry().promote(from, `${far.host}/${unique}/${store}:prod`);
    expect(promoted.digest).toBe(pushed.digest);
    expect(
      (await penFor(far.host, `${unique}/${store}`).read('prod'))?.raw.equals(there?.raw ?? Buffer.alloc(0)),
    ).toBe(true);

    await docker('rmi', '--force', tag, to);
    const back = `${far.host}/${unique}/${store}@${pushed.digest}`;
    const facts = await registry().pull(back);
    expect(facts.identity.imageId).toBe(imageId);
    expect(await idOf(back)).toBe(imageId);
    // There already: no registry is asked.
    expect((await registry().pull(back)).identity.imageId).toBe(imageId);
    expect(await docker('run', '--rm', back, 'cat', '/name')).toBe('one');
  });

  test('a push that is refused leaves the name where it was', async ({ onTestFinished }) => {
    const [first, second] = [
      await build('first', '--provenance=false'),
      await build('second', '--provenance=false'),
    ];
    const to = `${guarded.host}/${unique}/${store}:1`;
    const refusal = { code: 'registry-refused', hint: `Log in with: docker login ${guarded.host}` };
    await expect(registry().push(first.imageId, to)).rejects.toMatchObject(refusal);
    await expect(idOf(to)).rejects.toThrow();
    await docker('tag', first.tag, to);
    await expect(registry().push(second.imageId, to)).rejects.toMatchObject(refusal);
    expect(await idOf(to)).toBe(first.imageId);

    const config = await mkdtemp(join(tmpdir(), 'gantry-docker-config-'));
    onTestFinished(() => rm(config, { recursive: true, force: true }));
    const auth = Buffer.from(`${registryUser.username}:${registryUser.password}`).toString('base64');
    await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [guarded.host]: { auth } } }));
    const loggedIn = registry({ DOCKER_CONFIG: config });
    const pushed = await loggedIn.push(second.imageId, to);
    expect((await loggedIn.resolve(to))?.digest).toBe(pushed.digest);
    expect(await idOf(to)).toBe(second.imageId);
    await docker('rmi', '--force', to);
    const ref = `${guarded.host}/${unique}/${store}@${pushed.digest}`;
    if (store === 'classic') await docker('rmi', '--force', second.tag);
    await loggedIn.pull(ref);
  });

  test('a registry that is down, an image that is not there', async () => {
    const gone = await startRegistryProxy(near.host);
    await gone.stop();
    const { imageId } = await build('one', '--provenance=false');
    const to = `${gone.host}/${unique}/${store}:1`;
    await expect(registry().push(imageId, to)).rejects.toMatchObject({ code: 'registry-unreachable' });
    await expect(registry().push(`sha256:${'0'.repeat(64)}`, to)).rejects.toMatchObject({
      code: 'image-gone',
    });
    const digest = `sha256:${'0'.repeat(64)}`;
    await expect(registry().pull(`${gone.host}/${unique}/x@${digest}`)).rejects.toMatchObject({
      code: 'registry-unreachable',
    });
    await expect(registry().pull(`${near.host}/${unique}/x@${digest}`)).rejects.toMatchObject({
      code: 'image-gone',
    });
    await expect(registry().pull(`${near.host}/${unique}/x:1`)).rejects.toMatchObject({ code: 'usage' });
  });

  test('a tag that somebody else takes at the same moment is not taken for ours', async () => {
    const { imageId } = await build('one', '--provenance=false');
    const pen = penFor(near.host, `${unique}/race-${store}`);
    const other = await pen.image();
    const proxy: RegistryProxy = await startRegistryProxy(near.host);
    const moved = Promise.withResolvers<void>();
    const isPut = ({ method, path }: { readonly method: string; readonly path: string }) =>
      method === 'PUT' && path.endsWith('/manifests/1');
    const move = () => registryFor().promote(`${pen.name}@${other.digest}`, `${pen.name}:1`);
    proxy.inject({
      when: isPut,
      trouble: { kind: 'afterwards', work: () => move().then(() => moved.resolve(), moved.reject) },
    });
    // The engine says that it has pushed before the tag has moved again.
    proxy.inject({
      when: ({ method, path }) =>
        method === 'HEAD' && path.endsWith('/manifests/1') && proxy.seen.some(isPut),
      trouble: { kind: 'meanwhile', work: () => moved.promise },
    });
    try {
      await expect(registry().push(imageId, `${proxy.host}/${pen.repository}:1`)).rejects.toMatchObject({
        code: 'registry-refused',
        message: expect.stringContaining('another image'),
      });
    } finally {
      await proxy.stop();
    }
  });

  // The classic store keeps none.
  if (store === 'containerd')
    test('an index with two platforms and attestations', async () => {
      const platforms = ['--platform', 'linux/amd64,linux/arm64', '-f', join(folder, 'scratch')];
      const { imageId } = await build('index', '--provenance=mode=max', ...platforms);
      const pushed = await registry().push(imageId, `${near.host}/${unique}/index:1`);
      expect(pushed.digest).toBe(imageId);
      const from = `${near.host}/${unique}/index@${pushed.digest}`;
      await registry().promote(from, `${far.host}/${unique}/index:1`);
      await registry().promote(from, `${near.host}/${unique}/index-prod:1`);
      const before = await penFor(near.host, `${unique}/index`).read('1');
      const children: { digest: string; annotations?: Record<string, string> }[] = JSON.parse(
        before?.raw.toString() ?? '',
      ).manifests;
      expect(children).toHaveLength(4);
      expect(
        children.filter(
          ({ annotations }) => annotations?.['vnd.docker.reference.type'] === 'attestation-manifest',
        ),
      ).toHaveLength(2);
      for (const pen of [penFor(far.host, `${unique}/index`), penFor(near.host, `${unique}/index-prod`)]) {
        expect((await pen.read('1'))?.raw.equals(before?.raw ?? Buffer.alloc(0))).toBe(true);
        for (const { digest } of children) {
          const child = await pen.read(digest);
          expect(child?.digest).toBe(digest);
          const { config, layers } = JSON.parse(child?.raw.toString() ?? '');
          for (const blob of [config, ...layers]) expect(await pen.hasBlob(blob.digest)).toBe(true);
        }
      }
    });
});
