import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReleaseId, RunId } from '#shared/domain/ids.ts';
import { type BuildWorld, createBuildWorld } from './build-world.ts';
import { sampleImageId } from './samples.ts';

const ada = { name: 'ada', shell: 'cli' } as const;

let world: BuildWorld;
beforeEach(() => {
  world = createBuildWorld();
});
afterEach(() => world.remove());

/** Two releases, the newer first. */
async function twoReleases(): Promise<readonly [newer: ReleaseId, older: ReleaseId]> {
  world.config('');
  await world.build();
  world.engine.imageId = () => sampleImageId('b');
  await world.build();
  const [newer, older] = world.releases();
  if (newer === undefined || older === undefined) throw new Error('no two releases');
  return [newer.id, older.id];
}

let asked = 0;
function tag(release: ReleaseId, ...tags: string[]): Promise<RunId> {
  asked += 1;
  const { workspaceId } = world;
  return world.starter.tag({ workspaceId, requestId: `tag-${asked}`, release, tags }, ada);
}

test('where a name points stands in the run before it moves', async () => {
  const [newer] = await twoReleases();
  world.engine.imageId = (ref) => sampleImageId(ref === 'shop:stable' ? 'a' : 'b');
  const runId = await tag(newer, 'stable');
  const [first] = world.events(world.view(runId));
  expect(first).toMatchObject({
    kind: 'run-requested',
    steps: [{ action: { names: [{ ref: 'shop:stable', before: sampleImageId('a') }] } }],
  });
  await world.idle();
  expect(world.view(runId)).toMatchObject({
    state: 'succeeded',
    movedTags: [{ ref: 'shop:stable', before: sampleImageId('a'), after: sampleImageId('b') }],
  });
});

test('a name that something else moves meanwhile stays as it is', async () => {
  const [newer] = await twoReleases();
  world.asked.tags.length = 0;
  let looks = 0;
  world.engine.imageId = () => sampleImageId(looks++ === 0 ? 'a' : 'c');
  const runId = await tag(newer, 'stable');
  await world.idle();
  expect(world.view(runId)).toMatchObject({ state: 'failed', error: { code: 'plan-stale' } });
  expect(world.asked.tags).toEqual([]);
});

test('a release’s own name is nobody else’s', async () => {
  const [newer, older] = await twoReleases();
  world.asked.tags.length = 0;
  await expect(tag(newer, 'stable', older)).rejects.toMatchObject({
    code: 'usage',
    message: `${older} is the own name of release ${older}, which never moves.`,
  });
  expect(world.asked.tags).toEqual([]);
  await tag(newer, newer);
  await world.idle();
});
