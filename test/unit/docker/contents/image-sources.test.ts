import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { linesOfLayers } from '#main/docker/contents/history.ts';
import { createOciSource } from '#main/docker/contents/oci-image.ts';
import { placesOf } from '#main/docker/contents/registry-layers.ts';

const never = new AbortController().signal;
const digestOf = (bytes: string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const id = (letter: string) => `sha256:${letter.repeat(64)}`;

/** A store that holds these texts by their digests. */
function storeOf(...texts: readonly string[]) {
  const blobs = new Map(texts.map((text) => [digestOf(text), text]));
  const asked: string[] = [];
  const get = (digest: string) => {
    asked.push(digest);
    const text = blobs.get(digest);
    if (text === undefined) throw new Error(`no ${digest}`);
    return Buffer.from(text);
  };
  const store = {
    vouchesForDiffIds: true,
    isNear: true,
    manifest: async (digest: string) => get(digest),
    async *blob(digest: string) {
      yield get(digest);
    },
  };
  return { store, asked };
}

const configOf = (diffIds: readonly string[], history?: readonly object[]) =>
  JSON.stringify({ rootfs: { type: 'layers', diff_ids: diffIds }, history });
const manifestOf = (config: string, layers: readonly string[]) =>
  JSON.stringify({ config: { digest: digestOf(config) }, layers: layers.map((digest) => ({ digest })) });
const indexOf = (...manifests: readonly string[]) =>
  JSON.stringify({ manifests: manifests.map((manifest) => ({ digest: digestOf(manifest) })) });

describe('an image in a store of blobs', () => {
  const history = [
    { created_by: 'ADD base', empty_layer: false },
    { created_by: 'ENV A=b', empty_layer: true },
    { created_by: 'COPY . .' },
  ];
  const config = configOf([id('a'), id('b')], history);
  const manifest = manifestOf(config, [id('1'), id('2')]);
  const layers = [
    { diffId: id('a'), digest: id('1'), createdBy: 'ADD base' },
    { diffId: id('b'), digest: id('2'), createdBy: 'COPY . .' },
  ];

  test('by its manifest', async () => {
    const { store } = storeOf(config, manifest);
    expect(await createOciSource(store, digestOf(manifest), [id('a'), id('b')]).layers(never)).toEqual(
      layers,
    );
  });

  test('by an index: the platform that has these layers, whatever else is in it', async () => {
    const other = configOf([id('c')]);
    const attestation = manifestOf('{"an": "attestation"}', [id('9')]);
    const arm = manifestOf(other, [id('3')]);
    const all = indexOf(attestation, 'not there', arm, manifest);
    const { store } = storeOf(config, manifest, other, arm, attestation, '{"an": "attestation"}', all);
    const source = createOciSource(store, digestOf(all), [id('a'), id('b')]);
    expect(await source.layers(never)).toEqual(layers);
    const nested = indexOf(all);
    const deep = storeOf(config, manifest, other, arm, attestation, '{"an": "attestation"}', all, nested);
    expect(await createOciSource(deep.store, digestOf(nested), [id('c')]).layers(never)).toEqual([
      { diffId: id('c'), digest: id('3') },
    ]);
  });

  test('without a history that fits', async () => {
    const short = configOf([id('a'), id('b')], history.slice(1));
    const odd = manifestOf(short, [id('1'), id('2')]);
    const { store } = storeOf(short, odd);
    expect(await createOciSource(store, digestOf(odd), [id('a'), id('b')]).layers(never)).toEqual(
      layers.map(({ diffId, digest }) => ({ diffId, digest })),
    );
  });

  test.each([
    ['that is not there', storeOf(), digestOf('x')],
    ['with other layers', storeOf(config, manifest), digestOf(manifest)],
    [
      'whose manifest lacks a layer',
      storeOf(config, manifestOf(config, [id('1')])),
      digestOf(manifestOf(config, [id('1')])),
    ],
    ['of schema 1', storeOf('{"fsLayers": []}'), digestOf('{"fsLayers": []}')],
    ['that is no JSON', storeOf('<html>'), digestOf('<html>')],
  ])('%s is refused', async (name, { store }, digest) => {
    const diffIds = name === 'with other layers' ? [id('f')] : [id('a'), id('b')];
    await expect(createOciSource(store, digest, diffIds).layers(never)).rejects.toThrow();
  });

  test('an index without end is not followed', async () => {
    const store = {
      ...storeOf().store,
      manifest: async () => Buffer.from(JSON.stringify({ manifests: [{ digest: id('0') }] })),
    };
    await expect(createOciSource(store, id('0'), [id('a')]).layers(never)).rejects.toMatchObject({
      code: 'image-gone',
    });
  });
});

describe('lines of an engine’s history', () => {
  const line = (createdBy: string, size = 0) => ({ createdBy, size });
  test.each<[string, Parameters<typeof linesOfLayers>[0], number, readonly string[] | undefined]>([
    [
      'with BuildKit, where a layer may be empty',
      [
        line('ADD x', 5),
        line('ENV A=b'),
        line('WORKDIR /new'),
        line('RUN true # buildkit'),
        line('CMD ["sh"]'),
      ],
      3,
      ['ADD x', 'WORKDIR /new', 'RUN true # buildkit'],
    ],
    [
      'where a folder was there already',
      [line('ADD x', 5), line('WORKDIR /old'), line('USER 1')],
      1,
      ['ADD x'],
    ],
    [
      'of the builder before BuildKit',
      [
        line('/bin/sh -c #(nop) ADD file:1 in / ', 5),
        line('/bin/sh -c #(nop)  CMD ["sh"]'),
        line('/bin/sh -c true'),
      ],
      2,
      ['/bin/sh -c #(nop) ADD file:1 in / ', '/bin/sh -c true'],
    ],
    ['of another builder', [line('jib 1', 5), line('jib 2', 0), line('bazel', 7)], 2, ['jib 1', 'bazel']],
    ['that does not fit', [line('COPY a', 5), line('COPY b', 5)], 3, undefined],
    ['of nothing', [], 0, []],
  ])('%s', (_, lines, layers, expected) => {
    expect(linesOfLayers(lines, layers)).toEqual(expected);
  });
});

test('an image is looked for where it was put, and not on Docker Hub for a name that only an engine gave it', () => {
  const digest = id('d');
  const names = ['shop', 'acme/shop', 'localhost/shop', '127.0.0.1:5000/shop', 'ghcr.io/acme/shop'];
  const manifestDigests = Object.fromEntries(names.map((name) => [name, digest]));
  const image = (configDigest?: string) => {
    const identity = {
      imageId: digest,
      manifestDigests,
      ...(configDigest === undefined ? {} : { configDigest }),
    };
    const config = {
      entrypoint: [],
      command: [],
      envKeys: [],
      ports: [],
      user: '',
      workingDir: '',
      labels: {},
    };
    return { identity, config, tags: [], size: 1, platform: 'linux/amd64', layers: [] };
  };
  expect(placesOf(image()).map(([name]) => name)).toEqual(names.slice(2));
  expect(placesOf(image(id('c'))).map(([name]) => name)).toEqual(names);
});
