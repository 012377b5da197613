import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReleaseId, RunId } from '#shared/domain/ids.ts';
import type { RunEvent } from '#shared/domain/run-events.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
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
  world.engine.named = () => sampleImageId('a');
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
  world.engine.named = () => sampleImageId(looks++ === 0 ? 'a' : 'c');
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

describe('a build', () => {
  const [a, b, c] = [sampleImageId('a'), sampleImageId('b'), sampleImageId('c')];
  const latest = { ref: 'shop:latest', before: a, after: b };

  beforeEach(async () => {
    world.config('tags: { release: [latest] }');
    await world.build();
    world.engine.imageId = () => b;
  });

  test('writes where a name points before it moves it, and that it moved', async () => {
    const { engine } = world.ports;
    const { tag } = engine;
    const written: (readonly RunEvent[])[] = [];
    engine.tag = async (imageId, ref, signal) => {
      if (ref === latest.ref) {
        const [run] = world.ports.ledger.leases.queue(world.workspaceId);
        written.push(run === undefined ? [] : nameEvents(world.view(run.runId)));
      }
      await tag(imageId, ref, signal);
    };
    const view = await world.build();
    const moving = { kind: 'tags-moving', step: 'record', names: [latest] };
    expect(written).toEqual([[moving]]);
    expect(nameEvents(view)).toEqual([moving, { kind: 'tag-moved', step: 'record', ...latest }]);
    expect(view.movedTags).toEqual([{ step: 'record', ...latest }]);
  });

  test('says nothing of a name that is new or right already', async () => {
    await world.build();
    const again = await world.build();
    expect(nameEvents(again)).toEqual([]);
    world.config('tags: { release: [latest, newest] }');
    const view = await world.build();
    expect(nameEvents(view)).toEqual([]);
    expect(world.asked.tags.at(-1)).toEqual([b, 'shop:newest']);
  });

  test('leaves a name that something else moves meanwhile, says so, and is a release without it', async () => {
    let looks = 0;
    world.engine.named = (ref) => (ref !== latest.ref ? undefined : looks++ === 0 ? a : c);
    world.asked.tags.length = 0;
    const view = await world.build();
    expect(view.state).toBe('succeeded');
    expect(view.steps.at(-1)?.text).toMatch(/; shop:latest names c{12} meanwhile and stays$/);
    expect(world.asked.tags.map(([, ref]) => ref)).toEqual([`shop:${view.release}`]);
    const [release] = world.releases();
    expect(release?.images.map(({ tags }) => tags)).toEqual([[`shop:${view.release}`]]);
    expect(view.movedTags).toEqual([]);
  });
});

function nameEvents(view: RunView): readonly RunEvent[] {
  return world.events(view).filter(({ kind }) => kind === 'tags-moving' || kind === 'tag-moved');
}
