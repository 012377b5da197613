import { describe, expect, test } from 'vitest';
import { allTogether, createLimit } from '#main/docker/registry/crew.ts';
import { readEngineMessage } from '#main/docker/registry/engine-messages.ts';
import { readRefusal } from '#main/docker/registry/failures.ts';
import { nextOf } from '#main/docker/registry/listing.ts';
import { isSamePlatform, readManifest } from '#main/docker/registry/manifest.ts';
import { createProgress } from '#main/docker/registry/progress.ts';
import { createSlices } from '#main/docker/registry/slices.ts';

const never = new AbortController().signal;
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const descriptor = { mediaType: 'x', digest: digest('a'), size: 3 };

describe('a manifest', () => {
  const read = (value: unknown, type?: string) =>
    readManifest(Buffer.from(JSON.stringify(value)), type, 'r/app:1');
  const image = { schemaVersion: 2, config: descriptor, layers: [descriptor] };

  test.each([
    ['schema 1', { schemaVersion: 1, name: 'a', fsLayers: [] }, 'application/json', 'schema 1'],
    ['schema 1, signed', image, 'application/vnd.docker.distribution.manifest.v1+prettyjws', 'schema 1'],
    ['neither image nor index', { schemaVersion: 2 }, undefined, 'no manifest'],
    ['both image and index', { ...image, manifests: [descriptor] }, undefined, 'no manifest'],
    ['without layers', { schemaVersion: 2, config: descriptor }, undefined, 'no manifest'],
    [
      'with a layer of no size',
      { ...image, layers: [{ ...descriptor, size: -1 }] },
      undefined,
      'no manifest',
    ],
    [
      'with a digest that is a path',
      { ...image, layers: [{ ...descriptor, digest: '../x' }] },
      undefined,
      'no manifest',
    ],
    ['a list', [], undefined, 'no manifest'],
  ])('%s is refused', (_case, value, type, words) => {
    expect(() => read(value, type)).toThrow(expect.objectContaining({ code: 'image-unfit' }));
    expect(() => read(value, type)).toThrow(words);
    expect(() => read(value, type)).toThrow('r/app:1');
  });

  test('a page of HTML is refused', () => {
    expect(() => readManifest(Buffer.from('<html>'), 'text/html', 'r/app:1')).toThrow('no manifest');
  });

  test.each([
    [{ ...image, mediaType: 'own' }, 'application/json', 'own'],
    [
      image,
      'application/vnd.docker.distribution.manifest.v2+json; charset=utf-8',
      'application/vnd.docker.distribution.manifest.v2+json',
    ],
    [image, 'application/json', 'application/vnd.oci.image.manifest.v1+json'],
    [{ schemaVersion: 2, manifests: [] }, undefined, 'application/vnd.oci.image.index.v1+json'],
  ])('its type is its own word, then the registry’s', (value, type, mediaType) => {
    expect(read(value, type).mediaType).toBe(mediaType);
  });
});

test.each([
  ['linux/amd64', 'linux/amd64', true],
  ['linux/arm64/v8', 'linux/arm64', true],
  ['linux/arm/v7', 'linux/arm/v6', false],
  ['linux/amd64', 'windows/amd64', false],
])('%s and %s are the same: %s', (left, right, are) => {
  expect([isSamePlatform(left, right), isSamePlatform(right, left)]).toEqual([are, are]);
});

test.each([
  ['</v2/a/tags/list?n=2&last=b>; rel="next"', '/v2/a/tags/list?n=2&last=b'],
  ['<https://r.io/x>; rel=next', 'https://r.io/x'],
  ['</a>; rel="prev", </b>; title="x"; rel="next"', '/b'],
  ['</a>; rel="prev"', undefined],
  [undefined, undefined],
])('the next page of %s is %s', (header, next) => {
  expect(nextOf(header)).toBe(next);
});

describe('what a registry says when it says no', () => {
  const said = (body: string) => readRefusal(Buffer.from(body));

  test('is its code, its words and the blob that it means', () => {
    const errors = [
      { code: 'MANIFEST_BLOB_UNKNOWN', message: 'blob unknown', detail: { Digest: digest('b') } },
    ];
    expect(said(JSON.stringify({ errors }))).toEqual({
      codes: ['MANIFEST_BLOB_UNKNOWN'],
      said: `blob unknown ${digest('b')}`,
    });
  });

  test.each([
    ['<html><h1>502</h1></html>', ''],
    ['no  such\nhost.', 'no such host'],
    ['', ''],
    ['{"errors":[{"code":null}]}', ''],
    ['x'.repeat(1_000), 'x'.repeat(300)],
  ])('%s', (body, words) => {
    expect(said(body).said).toBe(words);
  });
});

describe('an engine’s messages', () => {
  const layer = 'a1b2';
  const told = (messages: readonly unknown[]) => {
    const seen: unknown[] = [];
    let clock = 0;
    const progress = createProgress(
      (one) => seen.push(one),
      () => (clock += 1_000),
    );
    const failures = messages.flatMap((message) => readEngineMessage(message, progress) ?? []);
    return { last: seen.at(-1), failures };
  };

  test('of a push', () => {
    const { last, failures } = told([
      { status: 'The push refers to repository [r.io/app]' },
      { status: 'Preparing', progressDetail: {}, id: layer },
      { status: 'Waiting', progressDetail: {}, id: 'c3d4' },
      { status: 'Pushing', progressDetail: { current: 10, total: 100 }, id: layer },
      { status: 'Pushing', progressDetail: { current: 110 }, id: layer },
      { status: 'Pushed', progressDetail: {}, id: layer },
      { status: 'Layer already exists', progressDetail: {}, id: 'c3d4' },
      { status: '1: digest: sha256:… size: 527' },
      { progressDetail: {}, aux: { Tag: '1', Digest: 'sha256:…', Size: 527 } },
    ]);
    expect(last).toEqual({ layersDone: 2, layersTotal: 2, bytesDone: 110, bytesTotal: 110 });
    expect(failures).toEqual([]);
  });

  test('of a pull: bytes of unpacking are not bytes of travelling', () => {
    const { last } = told([
      { status: 'Pulling from app', id: '1' },
      { status: 'Pulling fs layer', progressDetail: {}, id: layer },
      { status: 'Downloading', progressDetail: { current: 50, total: 100 }, id: layer },
      { status: 'Download complete', progressDetail: {}, id: layer },
      { status: 'Extracting', progressDetail: { current: 7, total: 100 }, id: layer },
      { status: 'Already exists', progressDetail: {}, id: 'c3d4' },
    ]);
    expect(last).toMatchObject({ layersDone: 1, layersTotal: 2, bytesDone: 50 });
  });

  test.each([
    [{ errorDetail: { message: 'denied' }, error: 'no' }, 'denied'],
    [{ error: 'denied' }, 'denied'],
    [{ errorDetail: {}, error: 'denied' }, 'denied'],
  ])('%j is a failure', (message, said) => {
    expect(told([message]).failures).toEqual([said]);
  });

  test.each([[null], ['text'], [[]], [{ id: 7 }], [{ progressDetail: 'x' }]])('%j is nothing', (message) => {
    expect(told([message])).toEqual({ last: undefined, failures: [] });
  });
});

describe('slices of a stream', () => {
  async function* pieces(...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
    let byte = 0;
    for (const size of sizes) yield Uint8Array.from({ length: size }, () => byte++);
  }
  const read = async (slice: AsyncIterable<Uint8Array>) => {
    const bytes: number[] = [];
    for await (const piece of slice) bytes.push(...piece);
    return bytes;
  };

  test('have the lengths that were asked for, wherever the stream is cut', async () => {
    const taken: number[] = [];
    const slices = createSlices(pieces(3, 0, 4, 1), (bytes) => taken.push(bytes), 100);
    expect(await read(slices.next(2))).toEqual([0, 1]);
    expect(await read(slices.next(4))).toEqual([2, 3, 4, 5]);
    expect(await read(slices.next(2))).toEqual([6, 7]);
    expect(taken.at(-1)).toBe(108);
  });

  test('a stream that is too short is no success', async () => {
    await expect(read(createSlices(pieces(3), () => {}, 0).next(4))).rejects.toThrow('1 bytes too early');
  });
});

describe('a crew', () => {
  test('does no more than so many things at once, and all of them', async () => {
    const limit = createLimit(3);
    let [running, most] = [0, 0];
    const done = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        limit(async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, index % 3));
          running -= 1;
          if (index === 5) throw new Error('one of them');
          return index;
        }).catch(() => -1),
      ),
    );
    expect([most, running, done.length, done[5], done[19]]).toEqual([3, 0, 20, -1, 19]);
  });

  test('the first that fails ends the others, which clean up before it is told', async () => {
    const order: string[] = [];
    const together = allTogether(never, (signal) => [
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () =>
          setTimeout(() => {
            order.push('cleaned up');
            reject(signal.reason);
          }, 10),
        );
      }),
      Promise.reject(new Error('first')),
    ]);
    await expect(together).rejects.toThrow('first');
    expect(order).toEqual(['cleaned up']);
  });

  test('an abort is told as what it is', async () => {
    const abort = new AbortController();
    const together = allTogether(abort.signal, (signal) => [
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new Error('other words'))),
      ),
    ]);
    abort.abort(new Error('cancelled'));
    await expect(together).rejects.toThrow('cancelled');
  });
});

test('progress is told as often as a person can see, and at its end', () => {
  const seen: number[] = [];
  let clock = 0;
  const progress = createProgress(
    ({ bytesDone }) => seen.push(bytesDone),
    () => clock,
  );
  for (let bytes = 0; bytes <= 1_000; bytes += 1) {
    clock += 1;
    progress.reach('a', bytes, 1_000);
  }
  progress.finish('a');
  progress.flush();
  expect(seen.length).toBeLessThanOrEqual(13);
  expect(seen.at(-1)).toBe(1_000);
});
