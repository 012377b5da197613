import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGantry, type Gantry } from '#main/create-gantry.ts';
import { createInProcessClient, type InProcessClient } from '#main/shell/in-process-client.ts';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

let world: GantryWorld;
let gantry: Gantry;
let inProcess: InProcessClient;
let workspaceId: WorkspaceId;
/** The older first; it runs in dev. */
let releases: readonly string[];

beforeAll(async () => {
  world = await createGantryWorld();
  await world.done('build', '--trust');
  await world.done('deploy', 'dev', '--yes');
  await world.workspace.changeALine();
  await world.done('build');
  releases = (await world.history())
    .flatMap(({ kind, release }) => (kind === 'build' && release ? [release] : []))
    .reverse();
  gantry = await createGantry({ home: world.workspace.home, shell: 'cli', env: world.env, version: '0.0.0' });
  inProcess = createInProcessClient(gantry.router);
  const opened = await inProcess.client.workspaces.open({ folder: world.workspace.folder });
  workspaceId = opened.id;
});
afterAll(async () => {
  inProcess?.close();
  await gantry?.dispose();
  await world.remove();
});

const compare = (left: string, right: string, signal?: AbortSignal) =>
  inProcess.client.images.compare({ workspaceId, left, right }, signal === undefined ? {} : { signal });

describe('what is inside the images', () => {
  test('of an environment and a release', async () => {
    const [older = '', newer = ''] = releases;
    const { left, right, contents } = await compare('dev', newer);
    expect([left.name, left.release?.id, right.release.id]).toEqual(['dev', older, newer]);
    const paths = contents.files.list.map(({ kind, path }) => `${kind} ${path}`);
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.every((path) => path.includes('app/'))).toBe(true);
    expect(contents.layers.base.layers).toBeGreaterThan(0);
    expect(contents.layers.added).toMatchObject([{ createdBy: expect.stringContaining('COPY /out/ /app/') }]);
    expect(contents.layersNotRead).toBe(0);
    expect((await readdir(join(world.workspace.home, 'cache'))).sort()).toEqual([
      'comparisons',
      'given',
      'layers',
    ]);
  });

  test('of two releases, the other way round, and of one with itself', async () => {
    const [older = '', newer = ''] = releases;
    const [there, back] = [await compare(older, newer), await compare(newer, older)];
    expect(back.contents.files.changed.after).toBe(there.contents.files.changed.before);
    const same = await compare(older, older);
    expect(same.contents).toMatchObject({
      same: true,
      files: { list: [] },
      layers: { added: [], removed: [] },
    });
  });

  test('of releases by version, tag and the beginning of an id, as everywhere', async () => {
    const [older = '', newer = ''] = releases;
    const [newest] = await inProcess.client.releases.list({ workspaceId, limit: 1 });
    const { version = '', images } = newest ?? {};
    for (const named of [version, images?.[0].tags[0] ?? '', newer.slice(0, 6)]) {
      expect((await compare(older, named)).right.release.id, named).toBe(newer);
      const sides = await inProcess.client.compare({ workspaceId, left: named, right: 'dev' });
      expect([sides.left.release?.id, sides.right.release?.id], named).toEqual([newer, older]);
    }
    await expect(compare('r-', 'dev')).rejects.toMatchObject({
      data: { code: 'release-unknown', message: expect.stringMatching(/^r- names 2 releases: /) },
    });
  });

  test('of an environment in which nothing runs yet: on the left it is nothing, on the right there is nothing to show', async () => {
    const { left, contents } = await compare('prod', 'dev');
    expect(left).toEqual({ name: 'prod' });
    expect(contents).not.toHaveProperty('left');
    expect(contents.files.added.files).toBe(contents.right.files?.files);
    await expect(compare('dev', 'prod')).rejects.toMatchObject({ data: { code: 'release-unknown' } });
  });

  test('of something that is not there', async () => {
    await expect(compare('dev', 'nowhere')).rejects.toMatchObject({ data: { code: 'usage' } });
    await expect(compare('r-000000', 'dev')).rejects.toMatchObject({ data: { code: 'release-unknown' } });
  });

  test('an image that the engine lost is still compared as far as it is known, and said to be gone otherwise', async () => {
    const [older = '', newer = ''] = releases;
    const known = await compare('dev', newer);
    const tags = (
      await world.docker('images', '--format', '{{.Repository}}:{{.Tag}}', world.workspace.name)
    ).split('\n');
    const ids = await Promise.all(tags.map((tag) => world.docker('inspect', '--format', '{{.Id}}', tag)));
    const running = await world.liveImage('dev');
    await world.docker('rmi', ...tags.filter((_, at) => ids[at] !== running));
    expect(await compare('dev', newer)).toEqual(known);
    const { dispose, router } = await createGantry({
      ...{ home: world.workspace.home, shell: 'cli', version: '0.0.0' },
      env: { ...world.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' },
    });
    const offline = createInProcessClient(router);
    expect(await offline.client.images.compare({ workspaceId, left: older, right: newer })).toMatchObject({
      contents: known.contents,
    });
    offline.close();
    await dispose();
    await rm(join(world.workspace.home, 'cache'), { recursive: true });
    await expect(compare('dev', newer)).rejects.toMatchObject({ data: { code: 'image-gone' } });
  });
});
