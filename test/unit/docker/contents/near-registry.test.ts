import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareImages } from '#main/docker/contents/compare-images.ts';
import { createDiffCache } from '#main/docker/contents/diff-cache.ts';
import { createLayerCache } from '#main/docker/contents/layer-cache.ts';
import type { LayerSource } from '#main/docker/contents/layer-source.ts';
import type { Elsewhere } from '#main/docker/contents/offers.ts';
import { openMachine } from '#main/docker/engine.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import { type FakeEngine, saved, startFakeEngine } from './fake-engine.ts';
import { after, again, base, before, left, right, sampleImage } from './sample-images.ts';

// An engine that has images only whole, beside a registry on the same machine that has them layer by layer.

const samples = [base, before, after, again];
const differences = { whole: false, signal: new AbortController().signal };
/** As the classic store names images: by their configs. */
const ofClassic = (image: ImageFacts): ImageFacts => ({
  ...image,
  identity: { ...image.identity, configDigest: image.identity.imageId },
});
const older = ofClassic(left);
const newer = ofClassic(sampleImage('4', [base, again]));

let folder: string;
let engine: FakeEngine;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-near-'));
  engine = await startFakeEngine(join(folder, 's'), (answer) =>
    answer.end(saved(base, before, after, again)),
  );
});
afterEach(async () => {
  engine.stop();
  await rm(folder, { recursive: true, force: true });
});

function toolsWith(elsewhere: Elsewhere) {
  const env = { DOCKER_HOST: `unix://${join(folder, 's')}` };
  return {
    access: openMachine({ env, homeFolder: '/nonexistent' }).access,
    cache: createLayerCache(join(folder, 'layers')),
    diffs: createDiffCache(join(folder, 'diffs')),
    elsewhere,
  };
}

/** Notes what is pulled from it. */
function registry(open: LayerSource['open'] = openSample) {
  const asked: string[] = [];
  const pulled: string[] = [];
  const elsewhere: Elsewhere = async (image, where) => {
    asked.push(where);
    return {
      isNear: true,
      vouchesForDiffIds: false,
      layers: async () => image.layers.map((diffId) => ({ diffId, digest: diffId })),
      open(layer, signal) {
        pulled.push(layer.diffId);
        return open(layer, signal);
      },
    };
  };
  return { asked, pulled, elsewhere };
}

async function* openSample({ diffId }: { readonly diffId: string }): AsyncGenerator<Uint8Array> {
  const layer = samples.find((sample) => sample.diffId === diffId);
  if (layer !== undefined) yield gzipSync(layer.bytes);
}

const wholeImages = () => engine.asked.filter((path) => path === '/images/get');

describe('a registry near by', () => {
  test('gives the layers that differ before the engine makes whole images', async () => {
    const { asked, pulled, elsewhere } = registry();
    const diff = await compareImages(toolsWith(elsewhere), older, newer, differences);
    expect(diff).toMatchObject({ layersNotRead: 0, files: { changed: { files: 1, before: 3, after: 5 } } });
    expect(pulled.sort()).toEqual([before.diffId, again.diffId].sort());
    expect(asked).toEqual(['near', 'near']);
    expect(wholeImages()).toEqual([]);
  });

  test('and what both share, where that changes how they differ', async () => {
    const { pulled, elsewhere } = registry();
    const diff = await compareImages(toolsWith(elsewhere), older, ofClassic(right), differences);
    expect(diff).toMatchObject({ layersNotRead: 0, files: { changed: { files: 2 } } });
    expect(pulled).toHaveLength(3);
    expect(wholeImages()).toEqual([]);
  });

  test('is not asked where all layers are known', async () => {
    const { asked, elsewhere } = registry();
    const tools = toolsWith(elsewhere);
    await compareImages(tools, older, newer, differences);
    asked.length = 0;
    await compareImages(tools, newer, older, differences);
    expect(asked).toEqual([]);
  });

  test.each<[string, Elsewhere]>([
    ['does not have the image', async () => undefined],
    ['is gone', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    [
      'says nothing',
      (_image, _where, signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ],
    [
      'breaks off',
      registry(async function* ({ diffId }) {
        yield gzipSync(Buffer.from(diffId)).subarray(0, 20);
      }).elsewhere,
    ],
    [
      'has other layers than it says',
      registry(async function* () {
        yield gzipSync(base.bytes);
      }).elsewhere,
    ],
  ])('that %s costs no answer: the engine has it, too', async (_, elsewhere) => {
    const diff = await compareImages(toolsWith(elsewhere), older, newer, differences);
    expect(diff).toMatchObject({ layersNotRead: 0, files: { changed: { files: 1 } } });
    expect(wholeImages()).toHaveLength(1);
  });
});
