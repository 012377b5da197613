import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareImages } from '#main/docker/contents/compare-images.ts';
import { createDiffCache } from '#main/docker/contents/diff-cache.ts';
import { createLayerCache } from '#main/docker/contents/layer-cache.ts';
import type { LayerSource } from '#main/docker/contents/layer-source.ts';
import type { EngineAccess } from '#main/docker/engine-access.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import { only } from '#test/fakes/only.ts';
import {
  after,
  again,
  base,
  before,
  left,
  right,
  type SampleLayer,
  sampleImage,
  sampleLayer,
} from './sample-images.ts';

// Images that no engine has; with an engine: compare-in-worker.test.ts and test/integration/docker/contents.test.ts.
const { signal } = new AbortController();
const never = { whole: false, signal };
const noEngine = only<EngineAccess>({
  use: async () => {
    throw new GantryError('engine-unreachable', 'There is none.', 'Start one.');
  },
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-contents-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Far = Partial<Pick<LayerSource, 'isNear' | 'vouchesForDiffIds'>> & {
  readonly bytesOf?: (layer: SampleLayer) => Buffer;
};

const changed = sampleImage('4', [base, again]);
const samples = [base, before, after, again];

/** A registry that notes which layers were pulled from it. */
function farAway({
  isNear = false,
  vouchesForDiffIds = false,
  bytesOf = ({ bytes }) => gzipSync(bytes),
}: Far = {}) {
  const pulled: string[] = [];
  const elsewhere = async (image: ImageFacts): Promise<LayerSource> => ({
    isNear,
    vouchesForDiffIds,
    layers: async () =>
      image.layers.map((diffId) => ({ diffId, digest: diffId, createdBy: `COPY ${diffId.slice(7, 10)}` })),
    async *open({ diffId }) {
      pulled.push(diffId);
      const layer = samples.find((sample) => sample.diffId === diffId);
      if (layer !== undefined) yield bytesOf(layer);
    },
  });
  return { pulled, elsewhere };
}

function toolsWith(elsewhere?: (image: ImageFacts) => Promise<LayerSource | undefined>) {
  return {
    access: noEngine,
    cache: createLayerCache(join(folder, 'layers')),
    diffs: createDiffCache(join(folder, 'diffs')),
    ...(elsewhere === undefined ? {} : { elsewhere }),
  };
}

describe('images that only a registry has', () => {
  test('what both share is not pulled, and it is said what that leaves open', async () => {
    const { pulled, elsewhere } = farAway();
    const diff = await compareImages(toolsWith(elsewhere), left, right, never);
    expect(pulled.sort()).toEqual([before.diffId, after.diffId].sort());
    expect(diff.layersNotRead).toBe(1);
    // app/shared stands in the layer that was not read.
    expect(diff.files).toMatchObject({ added: { files: 1 }, changed: { files: 1 } });
    expect(diff.layers.added).toMatchObject([{ createdBy: `COPY ${after.diffId.slice(7, 10)}` }]);
  });

  test('once the shared layers are known, for whatever reason, the answer is whole', async () => {
    const { pulled, elsewhere } = farAway();
    const tools = toolsWith(elsewhere);
    await compareImages(tools, left, right, never);
    await compareImages(tools, undefined, left, never);
    const count = pulled.length;
    const diff = await compareImages(tools, left, right, never);
    expect(pulled).toHaveLength(count);
    expect(diff.layersNotRead).toBe(0);
    expect(diff.files).toMatchObject({ added: { files: 0 }, changed: { files: 2, before: 9, after: 10 } });
    expect(diff.right.system).toBe('Sample 1');
  });

  test('from near by what both share is read, where it changes how they differ', async () => {
    const { pulled, elsewhere } = farAway({ isNear: true });
    const diff = await compareImages(toolsWith(elsewhere), left, right, never);
    expect(diff).toMatchObject({ layersNotRead: 0, files: { added: { files: 0 }, changed: { files: 2 } } });
    expect(pulled).toHaveLength(3);
  });

  test.each([true, false])(
    'near by: %s; what both share is not read where nothing depends on it',
    async (isNear) => {
      const { pulled, elsewhere } = farAway({ isNear });
      const tools = toolsWith(elsewhere);
      const diff = await compareImages(tools, left, changed, never);
      expect(pulled.sort()).toEqual([before.diffId, again.diffId].sort());
      expect(diff.files).toMatchObject({ added: { files: 0 }, changed: { files: 1, before: 3, after: 5 } });
      // Nothing is left open, only totals are not known.
      expect(diff.layersNotRead).toBe(0);
      expect(diff.right.files).toBeUndefined();
      expect(await tools.diffs.get(left, changed, false)).toEqual(diff);
      const whole = await compareImages(tools, left, changed, { whole: true, signal });
      const totals = isNear ? { files: 3, bytes: 34 } : undefined;
      expect(whole.right.files).toEqual(totals);
      expect(whole.files).toEqual(diff.files);
      expect(await tools.diffs.get(left, changed, true)).toEqual(isNear ? whole : undefined);
      expect(await tools.diffs.get(left, changed, false)).toEqual(whole);
    },
  );

  test('without a left one all of the right one is read', async () => {
    const { pulled, elsewhere } = farAway();
    const diff = await compareImages(toolsWith(elsewhere), undefined, right, never);
    expect(pulled.sort()).toEqual([base.diffId, after.diffId].sort());
    expect(diff.files.added.files).toBe(3);
  });

  test('images with the same layers need nothing', async () => {
    const { pulled, elsewhere } = farAway();
    const labelled = { ...left, identity: right.identity, config: { ...left.config, user: 'app' } };
    const diff = await compareImages(toolsWith(elsewhere), left, labelled, never);
    expect(pulled).toEqual([]);
    expect(diff).toMatchObject({
      same: false,
      layersNotRead: 0,
      files: { list: [] },
      config: [{ path: 'user', after: 'app' }],
    });
  });

  test('but for the whole of them, which has their totals', async () => {
    const { pulled, elsewhere } = farAway({ isNear: true });
    const labelled = { ...left, identity: right.identity };
    const diff = await compareImages(toolsWith(elsewhere), left, labelled, { whole: true, signal });
    expect(pulled.sort()).toEqual([base.diffId, before.diffId].sort());
    expect(diff).toMatchObject({ layersNotRead: 0, files: { list: [] }, right: { files: { files: 3 } } });
  });

  test('a registry that is gone costs no answer where all layers are known', async () => {
    const { elsewhere } = farAway({ isNear: true });
    await compareImages(toolsWith(elsewhere), undefined, left, never);
    await compareImages(toolsWith(elsewhere), undefined, right, never);
    const gone = async () => {
      throw new GantryError('registry-unreachable', 'It does not answer.', 'Wait.');
    };
    const known = await compareImages(toolsWith(gone), left, right, never);
    expect(known).toMatchObject({ layersNotRead: 0, files: { changed: { files: 2 } } });
    const unknown = sampleImage('5', [base, again]);
    await expect(compareImages(toolsWith(gone), left, unknown, never)).rejects.toMatchObject({
      code: 'registry-unreachable',
    });
    // Only the new one is asked for: the other is known, and its registry need not be there.
    const halfGone = async (image: ImageFacts) => (image === left ? gone() : elsewhere(image));
    const half = await compareImages(toolsWith(halfGone), left, unknown, never);
    expect(half).toMatchObject({ layersNotRead: 0, files: { changed: { files: 1 } } });
  });

  test('known ones are told with the lines that made them, which the registry has', async () => {
    const { pulled, elsewhere } = farAway();
    const tools = toolsWith(elsewhere);
    await compareImages(tools, undefined, left, never);
    await compareImages(tools, undefined, right, never);
    const count = pulled.length;
    const diff = await compareImages(tools, left, right, never);
    expect(pulled).toHaveLength(count);
    expect(diff.layers.added).toMatchObject([{ createdBy: `COPY ${after.diffId.slice(7, 10)}` }]);
    expect(await tools.diffs.get(left, right, false)).toEqual(diff);
  });

  test('a registry that says nothing is not waited for where only the lines are missing', async () => {
    const { elsewhere } = farAway();
    await compareImages(toolsWith(elsewhere), undefined, left, never);
    await compareImages(toolsWith(elsewhere), undefined, right, never);
    const silent = (_image: ImageFacts, _where: string, asked: AbortSignal) =>
      new Promise<undefined>((_, reject) => asked.addEventListener('abort', () => reject(asked.reason)));
    const diff = await compareImages({ ...toolsWith(), elsewhere: silent }, left, right, never);
    expect(diff).toMatchObject({ layersNotRead: 0, files: { changed: { files: 2 } } });
    expect(diff.layers.added).toEqual([{ id: after.diffId, content: { files: 2, bytes: 10 } }]);
  });

  test('a layer that stands in one image twice is pulled once', async () => {
    const { pulled, elsewhere } = farAway();
    await compareImages(toolsWith(elsewhere), undefined, sampleImage('3', [after, before, after]), never);
    expect(pulled.sort()).toEqual([before.diffId, after.diffId].sort());
  });
});

describe('a layer that is not what it should be is refused, and not kept', () => {
  const other = sampleLayer({ name: 'etc/passwd', content: 'evil' });
  test.each<[string, Far, string]>([
    ['another one', { bytesOf: () => gzipSync(other.bytes) }, 'is not the layer'],
    ['cut off', { bytesOf: ({ bytes }) => gzipSync(bytes).subarray(0, 60) }, 'unexpected end of file'],
    ['something else', { bytesOf: () => Buffer.from('<html>not found</html>') }, 'is no layer'],
    ['nothing', { bytesOf: () => Buffer.alloc(0) }, 'is no layer'],
  ])('%s', async (_, far, why) => {
    const tools = toolsWith(farAway(far).elsewhere);
    await expect(compareImages(tools, left, right, never)).rejects.toMatchObject({
      code: 'engine-refused',
      message: expect.stringContaining(why),
    });
    expect(await tools.cache.get(after.diffId)).toBeUndefined();
    const good = await compareImages(toolsWith(farAway().elsewhere), left, right, never);
    expect(good.files.changed.files).toBe(1);
  });
});

describe('images that are nowhere', () => {
  test('are told as the engine’s absence', async () => {
    await expect(compareImages(toolsWith(), left, right, never)).rejects.toMatchObject({
      code: 'engine-unreachable',
    });
    const nowhere = toolsWith(async () => undefined);
    await expect(compareImages(nowhere, left, right, never)).rejects.toMatchObject({
      code: 'engine-unreachable',
    });
  });

  test('can be compared when their layers are known, though not by which lines they were made', async () => {
    const tools = toolsWith();
    const { elsewhere } = farAway({ isNear: true });
    await compareImages(toolsWith(elsewhere), undefined, left, never);
    await compareImages(toolsWith(elsewhere), undefined, right, never);
    const diff = await compareImages(tools, left, right, never);
    expect(diff.files.changed.files).toBe(2);
    expect(diff.layers.added).toEqual([{ id: after.diffId, content: { files: 2, bytes: 10 } }]);
    // Not for good: asked again with an engine, the lines are there.
    expect(await tools.diffs.get(left, right, false)).toBeUndefined();
  });
});

test('a comparison is kept by what the images are, not by what they are called', async () => {
  const { pulled, elsewhere } = farAway({ isNear: true });
  const tools = toolsWith(elsewhere);
  const diff = await compareImages(tools, left, right, never);
  pulled.length = 0;
  const renamed = { ...left, tags: ['new:name'] };
  expect(await tools.diffs.get(renamed, right, false)).toEqual(diff);
  expect(await tools.diffs.get(right, left, false)).toBeUndefined();
  expect(await tools.diffs.get(undefined, right, false)).toBeUndefined();
  expect(
    await tools.diffs.get({ ...left, config: { ...left.config, user: 'x' } }, right, false),
  ).toBeUndefined();
  expect(pulled).toEqual([]);
});
