import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createImageContents } from '#main/docker/contents/image-contents.ts';
import { createEngine } from '#main/docker/engine.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import { ownEngine, type TestEngine, testEngine } from '#test/engine/for-tests.ts';
import { startRegistry } from '#test/engine/registry.ts';
import {
  byPath,
  dockerOn,
  makeContentsContext,
  packageChanges,
  trueChanges,
  trueFiles,
  withoutBuilder,
} from './contents-fixture.ts';
import { type Context, unique } from './fixture.ts';

type Side = { readonly name: string; readonly facts: ImageFacts };
type Built = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly docker: ReturnType<typeof dockerOn>;
  readonly left: Side;
  readonly right: Side;
};

let context: Context;
let cacheFolder: string;
beforeAll(async () => {
  context = await makeContentsContext();
  cacheFolder = await mkdtemp(join(tmpdir(), 'gantry-contents-'));
});
afterAll(async () => {
  await context.remove();
  await rm(cacheFolder, { recursive: true, force: true });
});

async function build(engine: Pick<TestEngine, 'dockerBin' | 'env'>): Promise<Built> {
  const env = { ...process.env, ...engine.env };
  const docker = dockerOn(engine);
  const reader = createEngine({ env, homeFolder: '/nonexistent' });
  const side = async (which: 'left' | 'right'): Promise<Side> => {
    const name = `${unique}-contents:${which}`;
    await docker('build', '--quiet', '--build-arg', `SIDE=${which}`, '--tag', name, context.folder);
    const facts = await reader.image(name);
    if (facts === undefined) throw new Error(`${name} was built and is not there`);
    return { name, facts };
  };
  return { env, docker, left: await side('left'), right: await side('right') };
}

describe.each(['classic', 'containerd'] as const)('on an engine with the %s image store', (store) => {
  let built: Built;
  let stop: (() => Promise<void>) | undefined;
  let why: string | undefined;
  const contentsOn = (folder: string, env: Built['env'] = built.env) =>
    createImageContents({ env, homeFolder: '/nonexistent', cacheFolder: folder });
  const fresh = () => mkdtemp(join(cacheFolder, store));

  beforeAll(async () => {
    // The shared one is as good where it has this store.
    const shared = testEngine();
    const status = await createEngine({
      env: { ...process.env, ...shared.env },
      homeFolder: '/nonexistent',
    }).status();
    if (status.kind === 'reachable' && status.imageStore === store) {
      built = await build(shared);
      stop = async () => void (await built.docker('rmi', built.left.name, built.right.name));
      return;
    }
    const skip = (reason: string): never => {
      why = reason;
      throw new Error(reason);
    };
    const own = await ownEngine({ skip }, { store }).catch((error: unknown) => {
      if (why === undefined) throw error;
    });
    if (own === undefined) return;
    stop = () => own.stop();
    built = await build(own);
  });
  afterAll(async () => stop?.());

  const here = (name: string, body: () => Promise<void>) =>
    test(name, async (t) => {
      if (why !== undefined) t.skip(why);
      await body();
    });

  here('the files that differ are those that differ in containers', async () => {
    const { docker, left, right } = built;
    const diff = await contentsOn(await fresh()).compare(left.facts, right.facts);
    const [before, after] = [await trueFiles(docker, left.name), await trueFiles(docker, right.name)];
    expect(before.size).toBeGreaterThan(250);
    const changes = trueChanges(before, after);
    expect(changes.length).toBeGreaterThan(25);
    expect(diff.files.list.toSorted(byPath)).toEqual(changes);
    const count = (kind: string) => changes.filter((change) => change.kind === kind).length;
    expect(diff.files.added.files).toBe(count('added'));
    expect(diff.files.removed.files).toBe(count('removed'));
    expect(diff.files.changed.files).toBe(count('changed'));
    expect(diff.left?.files?.files).toBe(before.size);
    expect(diff.right.files?.files).toBe(after.size);
    expect(diff.layersNotRead).toBe(0);
  });

  here('the same comes out of what docker save makes of them', async () => {
    const { left, right, env } = built;
    const diff = await contentsOn(await fresh()).compare(left.facts, right.facts);
    const folder = await fresh();
    const socket = join(folder, 's');
    const proxy = await withoutBuilder(env.DOCKER_HOST ?? '', socket);
    try {
      const saved = contentsOn(folder, { ...env, DOCKER_HOST: `unix://${socket}` });
      expect(await saved.compare(left.facts, right.facts)).toEqual(diff);
      expect((await saved.compare(undefined, right.facts)).files.added.files).toBe(diff.right.files?.files);
    } finally {
      proxy.close();
    }
  });

  here('all files of an image are new without one before it', async () => {
    const { docker, left } = built;
    const diff = await contentsOn(await fresh()).compare(undefined, left.facts);
    const all = await trueFiles(docker, left.name);
    expect(diff.files.added.files).toBe(all.size);
    const paths = new Set(trueChanges(new Map(), all).map(({ path }) => path));
    for (const { path } of diff.files.list) expect(paths.has(path), path).toBe(true);
    expect(diff.layers.added.map(({ id }) => id)).toEqual(left.facts.layers);
  });

  here('packages, configuration, layers and where they come from', async () => {
    const { left, right } = built;
    const diff = await contentsOn(await fresh()).compare(left.facts, right.facts);
    expect(diff.packages).toEqual({ changed: 3, added: 1, removed: 2, list: packageChanges });
    expect(diff.config).toEqual([
      { path: 'envKeys', before: 'ONLY_left, PATH, SHARED', after: 'ONLY_right, PATH, SHARED' },
      { path: 'labels.side', before: 'left', after: 'right' },
    ]);
    expect(JSON.stringify(diff)).not.toContain('secret-value');
    expect(diff.left).toMatchObject({
      system: 'Sample Linux 1',
      base: { name: 'docker.io/library/sample:1' },
    });
    expect(diff.right).toMatchObject({ system: 'Sample Linux 2', imageId: right.facts.identity.imageId });
    expect(diff.layers.base.layers).toBe(3);
    expect(diff.layers.added.map(({ createdBy }) => createdBy)).toEqual([
      'COPY right /',
      'RUN sh /change.sh',
    ]);
    expect(diff.layers.removed.map(({ createdBy }) => createdBy)).toEqual([
      'COPY left /',
      'RUN sh /change.sh',
    ]);
    // The last line makes a folder that is there: a layer of nothing, alike on both sides.
    const ids = [...right.facts.layers];
    expect(diff.layers.shared + diff.layers.added.length).toBe(ids.length);
    expect(diff.layers.added.map(({ id }) => id)).toEqual(
      ids.filter((id) => !left.facts.layers.includes(id)),
    );
  });

  here('asked again, nothing is asked of the engine; a damaged cache is no matter', async () => {
    const { left, right, env } = built;
    const folder = await fresh();
    const diff = await contentsOn(folder).compare(left.facts, right.facts);
    const nowhere = { ...env, DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
    const began = performance.now();
    expect(await contentsOn(folder, nowhere).compare(left.facts, right.facts)).toEqual(diff);
    expect(performance.now() - began).toBeLessThan(1_000);
    const back = await contentsOn(folder, nowhere).compare(right.facts, left.facts);
    expect(back.files.added).toEqual(diff.files.removed);
    for (const part of ['layers', 'comparisons']) {
      for (const name of await readdir(join(folder, part)))
        await writeFile(join(folder, part, name), 'damaged');
    }
    expect(await contentsOn(folder).compare(left.facts, right.facts)).toEqual(diff);
  });

  here(
    'what both stand on is left unread where nothing depends on it, and read for the whole of it',
    async () => {
      const { docker, left, env } = built;
      const names = ['one', 'two'].map((text) => `${unique}-alone:${text}`);
      const dockerfile = `FROM ${left.name}\nUSER 0\nARG TEXT\nRUN rm /work/second && echo $TEXT > /etc/alone\n`;
      const folder = await fresh();
      await writeFile(join(folder, 'Dockerfile'), dockerfile);
      const [before, after] = await Promise.all(
        names.map(async (name) => {
          await docker('build', '--quiet', '--build-arg', `TEXT=${name}`, '--tag', name, folder);
          return createEngine({ env, homeFolder: '/nonexistent' }).image(name);
        }),
      );
      if (before === undefined || after === undefined) throw new Error('what was built is not there');
      const contents = contentsOn(folder);
      const diff = await contents.compare(before, after);
      expect(diff.files.list).toEqual(
        trueChanges(await trueFiles(docker, names[0] ?? ''), await trueFiles(docker, names[1] ?? '')),
      );
      expect(diff.files.list).toMatchObject([{ kind: 'changed', path: 'etc/alone', what: ['content'] }]);
      expect(diff.layersNotRead).toBe(0);
      // docker save has no layer by itself.
      const read = store === 'classic' ? before.layers.length + 1 : 2;
      expect(await readdir(join(folder, 'layers'))).toHaveLength(read);
      expect(diff.right.files === undefined).toBe(store === 'containerd');
      const whole = await contents.compare(before, after, { whole: true });
      expect(whole.files).toEqual(diff.files);
      expect(whole.left?.files?.files).toBe((await trueFiles(docker, names[0] ?? '')).size);
      expect(await readdir(join(folder, 'layers'))).toHaveLength(before.layers.length + 1);
      await docker('rmi', ...names);
    },
  );

  here('an image that only a registry has', async () => {
    const { docker, left, right } = built;
    const whole = await contentsOn(await fresh()).compare(left.facts, right.facts);
    const registry = await startRegistry();
    const name = `${registry.host}/team/contents`;
    try {
      await docker('tag', right.name, `${name}:1`);
      const pushed = /digest: (sha256:[0-9a-f]{64})/.exec(await docker('push', `${name}:1`))?.[1] ?? '';
      // Not the id that this engine knows it by: as if another one had built and pushed it.
      const imageId = `sha256:${'e'.repeat(64)}`;
      const remote = { ...right.facts, identity: { imageId, manifestDigests: { [name]: pushed } } };
      const diff = await contentsOn(await fresh()).compare(left.facts, remote);
      expect(diff).toEqual({ ...whole, right: { ...whole.right, imageId } });
      await registry.stop();
      await expect(contentsOn(await fresh()).compare(left.facts, remote)).rejects.toMatchObject({
        code: 'registry-unreachable',
      });
    } finally {
      await registry.stop();
      await docker('rmi', `${name}:1`);
    }
  });

  here('an image that is gone', async () => {
    const { left, right } = built;
    const gone = {
      ...right.facts,
      identity: { ...right.facts.identity, imageId: `sha256:${'0'.repeat(64)}` },
    };
    const unknown = { ...gone, layers: [...gone.layers, `sha256:${'1'.repeat(64)}`] };
    await expect(contentsOn(await fresh()).compare(left.facts, unknown)).rejects.toMatchObject({
      code: 'image-gone',
    });
  });
});
