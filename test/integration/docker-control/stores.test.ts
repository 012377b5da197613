import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ProvisionedEngine } from '#test/engine/engine.ts';
import { ownEngine } from '#test/engine/for-tests.ts';
import { findRegistryProgram, startRegistry, type TestRegistry } from '#test/engine/registry.ts';
import { look } from '../docker/fixture.ts';
import { built, createWorld, from, step, type Told, type World } from './world.ts';

/** An engine of its own: its build cache is thrown away to see what comes back. */
function eachTest(store: 'classic' | 'containerd') {
  let own: Promise<ProvisionedEngine> | undefined;
  let world: World | undefined;
  beforeEach(async ({ skip }) => {
    own ??= ownEngine({ skip }, { store });
    world ??= createWorld((await own).env, store);
  });
  afterEach(() => world?.clean());
  afterAll(async () => (await own)?.stop());
  return () => {
    if (world === undefined) throw new Error('there is no engine');
    return world;
  };
}

/** What the engine holds of an image: by digest. */
async function contentsOf(world: World, ref: string): Promise<ReadonlyMap<string, string>> {
  const { folder } = await world.context({});
  await world.docker('save', '-o', join(folder, 'image.tar'), ref);
  await mkdir(join(folder, 'out'));
  execFileSync('tar', ['-xf', join(folder, 'image.tar'), '-C', join(folder, 'out')]);
  const blobs = join(folder, 'out/blobs/sha256');
  const names = await readdir(blobs);
  const read = names.map(async (name) => [name, await readFile(join(blobs, name), 'utf8')] as const);
  return new Map(await Promise.all(read));
}

const work = `${from}COPY a /a\nRUN cat /a; echo worked > /w\n`;

async function forget(world: World): Promise<void> {
  await world.docker('builder', 'prune', '--all', '--force');
}

function ranAgain(told: Told): string {
  built(told);
  return step(told, 'RUN cat').state;
}

describe('the classic image store', () => {
  const classic = eachTest('classic');

  test('a cache in an image brings its steps back', async () => {
    const world = classic();
    const context = await world.context({ Dockerfile: work, a: '1' });
    const [plain, inline] = [world.tag(), world.tag()];
    built(await world.build(context, { tag: plain }));
    built(await world.build(context, { tag: inline, cacheTo: ['type=inline'] }));
    await forget(world);
    expect(ranAgain(await world.build(context, { cacheFrom: [plain] }))).toBe('done');
    await forget(world);
    expect(ranAgain(await world.build(context, { cacheFrom: [`type=registry,ref=${inline}`] }))).toBe(
      'cached',
    );
  });
});

describe('the containerd image store', () => {
  const containerd = eachTest('containerd');
  let registry: TestRegistry | undefined;
  beforeAll(async () => {
    if ((await findRegistryProgram()) !== undefined) registry = await startRegistry();
  });
  afterAll(() => registry?.stop());

  test('an image has the id that buildx gives it', async () => {
    const world = containerd();
    const context = await world.context({ Dockerfile: work, a: '1' });
    const ours = built(await world.build(context, { labels: {} }));
    const tag = world.tag();
    await world.docker('buildx', 'build', '-q', '--provenance=false', '-t', tag, context.folder);
    expect((await world.engine.image(tag))?.identity.imageId).toBe(ours);
  });

  test('several platforms are one image, the same as with buildx', async () => {
    const world = containerd();
    const Dockerfile = 'FROM scratch\nARG TARGETARCH\nCOPY app-$TARGETARCH /app\n';
    const context = await world.context({ Dockerfile, 'app-amd64': 'intel', 'app-arm64': 'arm' });
    const platforms = ['linux/amd64', 'linux/arm64'];
    const [tag, theirs] = [world.tag(), world.tag()];
    const told = await world.build(context, { tag, platforms, labels: {} });
    const imageId = built(told);
    const flags = ['--provenance=false', '--platform', platforms.join(',')];
    await world.docker('buildx', 'build', '-q', ...flags, '-t', theirs, context.folder);
    expect((await world.engine.image(theirs))?.identity.imageId).toBe(imageId);
    const contents = await contentsOf(world, tag);
    const { manifests } = JSON.parse(contents.get(imageId.slice('sha256:'.length)) ?? '{}');
    expect(manifests).toMatchObject([
      { platform: { os: 'linux', architecture: 'amd64' } },
      { platform: { os: 'linux', architecture: 'arm64' } },
    ]);
    expect(told.vertices.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('linux/amd64'),
        expect.stringContaining('linux/arm64'),
      ]),
    );
  });

  test.each(['min', 'max'] as const)('provenance with mode=%s', async (provenance) => {
    const world = containerd();
    const context = await world.context({ Dockerfile: work, a: '1' });
    const tag = world.tag();
    built(await world.build(context, { tag, provenance, args: { WHO: 'gantry' } }));
    const statements = [...(await contentsOf(world, tag)).values()].filter((text) =>
      text.includes('slsa.dev/provenance'),
    );
    const said = statements.find((text) => text.includes('"predicate":'));
    expect(said).toContain('"predicateType":"https://slsa.dev/provenance');
    expect(said?.includes('build-arg:WHO')).toBe(provenance === 'max');
  });

  test('an SBOM by a scanner of one’s own', async () => {
    const world = containerd();
    // BuildKit runs a scanner with the image's files and a folder for what it finds (docs/attestations/sbom-protocol.md).
    const script = [
      '#!/bin/sh',
      'n=$(basename "$BUILDKIT_SCAN_SOURCE")',
      'test -f "$BUILDKIT_SCAN_SOURCE/bill-me" && found=bill-me',
      'printf \'{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document","predicate":{"name":"%s"}}\' "$found" > "$BUILDKIT_SCAN_DESTINATION/$n.spdx.json"',
    ].join('\n');
    const scanner = await world.context({
      Dockerfile: `${from}COPY --chmod=755 scan /scan\nENTRYPOINT ["/scan"]\n`,
      scan: script,
    });
    const generator = world.tag();
    built(await world.build(scanner, { tag: generator }));
    const context = await world.context({ Dockerfile: `${from}COPY bill-me /\n`, 'bill-me': '1' });
    const tag = world.tag();
    built(await world.build(context, { tag, sbom: { generator } }));
    const bills = [...(await contentsOf(world, tag)).values()].filter((text) =>
      text.includes('spdx.dev/Document'),
    );
    expect(bills.join()).toContain('"name":"bill-me"');
  });

  test('a cache in a folder brings its steps back, and buildx’s likewise', async () => {
    const world = containerd();
    const context = await world.context({ Dockerfile: work, a: 'in a folder' });
    const { folder } = await world.context({});
    const cache = join(folder, 'cache, with "odd" name');
    const quoted = (key: string) => `type=local,"${key}=${cache.replaceAll('"', '""')}"`;
    const first = await world.build(context, {
      cacheFrom: [quoted('src')],
      cacheTo: [`${quoted('dest')},mode=max`],
    });
    built(first);
    expect(first.notes).toEqual([`note: there is no build cache in ${cache} yet`]);
    expect(await readdir(join(cache, 'ingest'))).toEqual([]);
    await forget(world);
    expect(ranAgain(await world.build(context, { cacheFrom: [quoted('src')] }))).toBe('cached');
    await forget(world);
    // The docker CLI reads ours …
    const tag = world.tag();
    const plain = ['buildx', 'build', '--progress=plain', '-t', tag, context.folder];
    const said = await new Promise<string>((resolve) =>
      execFile('docker', [...plain, '--cache-from', quoted('src')], { env: world.env }, (_error, _out, err) =>
        resolve(err),
      ),
    );
    expect(said).toContain('importing cache manifest');
    expect(said).not.toContain('in a folder\n');
    // … and we read its.
    const theirs = join(folder, 'theirs');
    await world.docker(...plain, '--cache-to', `type=local,dest=${theirs}`);
    await forget(world);
    expect(ranAgain(await world.build(context, { cacheFrom: [`type=local,src=${theirs}`] }))).toBe('cached');
  });

  test('a second build into a cache folder keeps what is there', async () => {
    const world = containerd();
    const { folder } = await world.context({});
    const cacheTo = [`type=local,dest=${folder}/cache`];
    const one = await world.context({ Dockerfile: work, a: 'one' });
    built(await world.build(one, { cacheTo: [`${cacheTo[0]},tag=one`] }));
    built(await world.build(one, { cacheTo }));
    const index = JSON.parse(await readFile(join(folder, 'cache/index.json'), 'utf8'));
    const names = index.manifests.map(
      ({ annotations }: { annotations: Record<string, string> }) =>
        annotations['org.opencontainers.image.ref.name'],
    );
    expect(names.toSorted()).toEqual(['latest', 'one']);
    await forget(world);
    expect(ranAgain(await world.build(one, { cacheFrom: [`type=local,src=${folder}/cache,tag=one`] }))).toBe(
      'cached',
    );
  });

  test('the cells of a matrix share a cache folder, and each finds its own steps in it', async () => {
    const world = containerd();
    const { folder } = await world.context({});
    const context = await world.context({
      Dockerfile: `${from}ARG V\nRUN echo "ran for $V"; echo $V > /v\n`,
    });
    const cell = (value: string) => ({ cell: `V=${value}`, args: { V: value }, tag: world.tag() });
    const wish = {
      cacheFrom: [`type=local,src=${folder}/cache`],
      cacheTo: [`type=local,dest=${folder}/cache`],
    };
    const cells = () => ({ ...wish, images: [cell('a'), cell('b')] as const, atOnce: 2 });
    const first = await world.build(context, cells());
    expect(first.failure).toBeUndefined();
    expect(first.lines.toSorted()).toEqual(['ran for a', 'ran for b']);
    await forget(world);
    const again = await world.build(context, cells());
    expect(again.failure).toBeUndefined();
    expect(again.lines).toEqual([]);
  });

  test('a cache in a registry brings its steps back', async ({ skip }) => {
    if (registry === undefined) return skip('there is no registry to test with');
    const world = containerd();
    const context = await world.context({ Dockerfile: work, a: 'in a registry' });
    const ref = `${registry.host}/cache:main`;
    built(await world.build(context, { cacheTo: [`type=registry,ref=${ref},mode=max`] }));
    await forget(world);
    expect(ranAgain(await world.build(context))).toBe('done');
    await forget(world);
    expect(ranAgain(await world.build(context, { cacheFrom: [ref] }))).toBe('cached');
    expect(step(await world.build(context, { cacheFrom: [ref] }), 'importing cache').state).not.toBe(
      'failed',
    );
  });

  test('a cache that cannot be written fails the build, and its name is given back', async () => {
    const world = containerd();
    const context = await world.context({ Dockerfile: work, a: '1' });
    const tag = world.tag();
    const { failure } = await world.build(context, {
      tag,
      cacheTo: ['type=registry,ref=127.0.0.1:1/cache:x'],
    });
    expect(failure).toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    expect(await world.engine.image(tag)).toBeUndefined();
  });

  test('cells, each for several platforms and with provenance', async () => {
    const world = containerd();
    const context = await world.context({
      Dockerfile: 'FROM scratch\nARG V\nLABEL v=$V\nCOPY a /a\n',
      a: '1',
    });
    const [first, second] = ['one', 'two'].map((cell) => ({ cell, args: { V: cell }, tag: world.tag() }));
    if (first === undefined || second === undefined) throw new Error('two cells');
    const told = await world.build(context, {
      images: [first, second],
      atOnce: 2,
      platforms: ['linux/amd64', 'linux/arm64'],
      provenance: 'min',
    });
    built(told);
    expect(told.sent).toHaveLength(1);
    expect((await world.engine.image(first.tag))?.config.labels).toMatchObject({ v: 'one' });
    expect((await world.engine.image(second.tag))?.config.labels).toMatchObject({ v: 'two' });
  });

  test('what was built runs', async () => {
    const world = containerd();
    const context = await world.context({ Dockerfile: work, a: 'runs' });
    const imageId = built(await world.build(context));
    expect(await look(world.engine, imageId, 'cat /a /w')).toEqual(['runsworked']);
  });
});
