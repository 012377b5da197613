import { afterEach, describe, expect, test } from 'vitest';
import { imagesOnEngine, presenceOf } from '#main/core/images/presence.ts';
import { pinRelease, unpinRelease } from '#main/core/pins.ts';
import { previewPrune } from '#main/core/retention/preview.ts';
import { startPrune } from '#main/core/retention/start-prune.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import { createMadeUpEngine } from '#test/property/made-up-engine.ts';
import { playRetention } from '#test/property/retention.ts';
import type { Act, RetentionCase } from '#test/property/retention-case.ts';
import { createRetentionWorld, type RetentionWorld } from '#test/property/retention-world.ts';

const signal = new AbortController().signal;
const by = { name: 'ada', shell: 'cli' } as const;

const build = (...images: readonly number[]): Act => ({ kind: 'build', in: 'ours', images });
const deploy = (release: number, to: 'dev' | 'prod' = 'dev'): Act => ({
  kind: 'deploy',
  in: 'ours',
  to,
  release,
});
const past = (...acts: readonly Act[]): RetentionCase => ({
  keep: 1,
  wayBack: undefined,
  acts,
  intrusions: [],
});

let world: RetentionWorld;
afterEach(() => world?.dispose());

async function play(given: RetentionCase): Promise<RetentionWorld> {
  world = await createRetentionWorld(given, createMadeUpEngine());
  for (const act of given.acts) await world.play(act);
  return world;
}

const preview = () => previewPrune(world.ports, world.ids.ours, signal);
const idOf = (place: number) => world.releaseIn('ours', place)?.release.id as ReleaseId;

async function prune(hash: string): Promise<number> {
  const wish = { workspaceId: world.ids.ours, requestId: `prune-${hash.slice(0, 8)}`, hash };
  const runId = await startPrune(world.ports, world.runEngine, async () => false, wish, by, signal);
  await world.runEngine.idle();
  return runId;
}

describe('removing', () => {
  test('what changed since the preview is refused, and the same request is one run', async () => {
    await play(past(build(0), build(1), build(2)));
    const { hash, goes } = await preview();
    expect(goes.map(({ release }) => release)).toEqual([idOf(1), idOf(0)]);
    await world.play(build(3));
    await expect(prune(hash)).rejects.toMatchObject({ code: 'plan-stale' });
    const fresh = await preview();
    const runId = await prune(fresh.hash);
    expect(await prune(fresh.hash)).toBe(runId);
    await expect(prune((await preview()).hash)).rejects.toMatchObject({ code: 'usage' });
  });

  test('is recorded before and after, release by release, the oldest first', async () => {
    await play(past(build(0), build(1), build(2)));
    const runId = await prune((await preview()).hash);
    const events = world.ledger.runs.events(runId as never).map(({ event }) => event);
    const told = events.flatMap((event) =>
      event.kind === 'image-removing' || event.kind === 'image-removed'
        ? [[event.kind, event.release, event.names.length]]
        : [],
    );
    expect(told).toEqual([
      ['image-removing', idOf(0), 2],
      ['image-removed', idOf(0), 2],
      ['image-removing', idOf(1), 2],
      ['image-removed', idOf(1), 2],
    ]);
  });

  test('goes on where the engine says no to one name', async () => {
    await play(past(build(0), build(1), build(2)));
    const { hash } = await preview();
    const image = world.releaseIn('ours', 0)?.imageIds[0] ?? '';
    // Started at the last moment, without Gantry.
    world.hook.announce = () => void world.stage.startContainer(image);
    const runId = await prune(hash);
    const run = world.ledger.runs.get(runId as never);
    expect(run).toMatchObject({ state: 'succeeded', summary: 'Images of 2 releases removed' });
    expect([...(await world.stage.names()).values()]).toContain(image);
    const left = world.ledger.runs
      .events(runId as never)
      .flatMap(({ event }) => (event.kind === 'image-removed' ? event.left : []));
    expect(left).toMatchObject([{ why: 'A container uses it.' }]);
  });

  test('an environment that is limited to one way back lets the others go', async () => {
    const acts = [build(0), build(1), build(2), deploy(0), deploy(1), deploy(2), build(3)];
    await play({ ...past(...acts), wayBack: 1 });
    expect((await preview()).goes.map(({ release }) => release)).toEqual([idOf(0)]);
  });

  test('an environment that gantry.yml no longer has still protects what it ran', async () => {
    await play(past(build(0), build(1)));
    const { ledger, ids } = world;
    const old = ledger.runs.request({
      workspaceId: ids.ours,
      requestId: 'once-in-qa',
      scope: 'qa' as never,
      owner: { bootId: 'boot', pid: 1, startTime: '1' },
      by,
      reason: '',
      at: 1,
      staleAfterMs: 1,
      isOwnerAlive: () => true,
      event: {
        kind: 'run-requested',
        workspaceId: ids.ours,
        run: 'deploy',
        environment: 'qa' as never,
        release: idOf(0),
        steps: [],
        by,
      },
    });
    if (old.kind !== 'taken') throw new Error(old.kind);
    ledger.runs.append(old.runId, old.token, 2, {
      kind: 'run-ended',
      outcome: 'succeeded',
      summary: '',
      recovered: false,
      leaves: { release: idOf(0) },
    });
    expect((await preview()).goes).toEqual([]);
  });

  test('without an engine nothing is known to be free to go', async () => {
    await play(past(build(0), build(1)));
    const gone = new GantryError('engine-unreachable', 'It is gone.', 'Start it.');
    const ports = { ...world.ports, engine: { ...world.ports.engine, images: () => Promise.reject(gone) } };
    await expect(previewPrune(ports, world.ids.ours, signal)).rejects.toBe(gone);
  });

  test('takes the name that a push left on the engine, also for a repository that gantry.yml does not name', async () => {
    await play(past(build(0), build(1)));
    const { release, imageIds } = world.releaseIn('ours', 0) ?? { imageIds: [] };
    const tag = release?.images[0]?.tags[0]?.split(':').at(-1);
    const name = `elsewhere:5000/shop:${tag}`;
    await world.stage.name(imageIds[0] ?? '', name);
    await world.stage.name(imageIds[0] ?? '', 'elsewhere:5000/shop:mine');
    const pushed = { seq: 1, release: idOf(0), repository: 'elsewhere:5000/shop', digest: 'sha256:d' };
    const digestsSince = (workspace: WorkspaceId) => (workspace === world.ids.ours ? [pushed] : []);
    const ledger = { ...world.ledger, places: { ...world.ledger.places, digestsSince } };
    const { goes } = await previewPrune({ ...world.ports, ledger }, world.ids.ours, signal);
    expect(goes[0]?.names).toContain(name);
    expect(goes[0]?.left).toEqual([{ name: 'elsewhere:5000/shop:mine', why: 'no release owns that name' }]);
  });

  test('a registry that does not answer keeps what it has, and the engine is cleared all the same', async () => {
    await play(past(build(0), { kind: 'push', in: 'ours', release: 0, parts: [] }, build(1)));
    const down = new GantryError('registry-unreachable', 'The registry does not answer.', 'Wait.');
    const registry = { ...world.ports.registry, manifests: () => Promise.reject(down) };
    const shown = await previewPrune({ ...world.ports, registry }, world.ids.ours, signal);
    expect(shown.notes).toEqual(['The registry does not answer.']);
    expect(shown.goes).toMatchObject([{ release: idOf(0), manifests: [], left: [] }]);
    expect(shown.goes[0]?.names).toHaveLength(2);
  });
});

test('a manifest that is a part of somebody’s index stays, though its release goes', async () => {
  // The index of the second release has the first one’s manifest, and somebody else’s tag.
  const given = past(
    build(0),
    { kind: 'push', in: 'ours', release: 0, parts: [] },
    build(1),
    { kind: 'push', in: 'ours', release: 1, parts: [0] },
    { kind: 'foreign-tag', release: 1 },
    build(2),
  );
  await play(given);
  const goes = new Map((await preview()).goes.map((one) => [one.release, one]));
  expect(goes.get(idOf(0))).toMatchObject({
    manifests: [],
    left: [{ why: 'it is part of an image that stays' }],
  });
  expect(goes.get(idOf(1))?.left).toMatchObject([{ why: 'no release owns that name' }]);
  expect((await playRetention(given, createMadeUpEngine())).violations).toEqual([]);
});

describe('a pin', () => {
  test('is refused for what is no release, and while the images are being removed', async () => {
    await play(past(build(0), build(1), build(2)));
    const { ports, ids } = world;
    expect(() => pinRelease(ports, ids.ours, 'r-000000' as never, { by: 'ada' })).toThrow('no release');
    let refused: unknown;
    const { hash } = await preview();
    world.hook.ask = async (question) => {
      if (question !== 'untag' || refused !== undefined) return;
      try {
        pinRelease(ports, ids.ours, idOf(0), { by: 'ada' });
      } catch (error) {
        refused = error;
      }
    };
    await prune(hash);
    expect(refused).toMatchObject({ code: 'environment-busy' });
    expect(pinRelease(ports, ids.ours, idOf(2), { by: 'ada', note: '' })).not.toHaveProperty('note');
    expect(unpinRelease(ports, ids.ours, idOf(2), 'ada')).toBe(true);
  });
});

describe('whether an image still exists', () => {
  const places = [{ repository: 'host/shop', tag: 'x', digest: 'sha256:d', at: 1 }];
  const asked = async (
    onEngine: readonly string[] | undefined,
    recorded: typeof places,
    resolve: () => Promise<unknown>,
  ) => {
    await play(past(build(0)));
    const release = world.releaseIn('ours', 0)?.release;
    if (release === undefined) throw new Error('no release');
    const ports = {
      engine: world.ports.engine,
      registry: { resolve },
      ledger: { places: { of: () => recorded } },
    } as never;
    const workspace = { id: world.ids.ours, config: { registry: { insecure: [] } } } as never;
    const ids = onEngine && new Set(onEngine.map((id) => (id === 'it' ? imageOf(release) : id)));
    return presenceOf(ports, workspace, release, undefined, ids, signal);
  };
  const imageOf = (release: { images: readonly { image: { identity: { imageId: string } } }[] }) =>
    release.images[0]?.image.identity.imageId ?? '';
  const there = async () => ({ digest: 'sha256:d' });
  const nowhere = async () => undefined;
  const silent = () => Promise.reject(new GantryError('registry-unreachable', 'x', 'x'));

  test.each<[string, readonly string[] | undefined, typeof places, () => Promise<unknown>, string]>([
    ['on the engine', ['it'], [], silent, 'here'],
    ['in a registry', ['other'], places, there, 'in-registry'],
    ['in a registry, whatever the engine would say', undefined, places, there, 'in-registry'],
    ['nowhere', ['other'], places, nowhere, 'gone'],
    ['nowhere, and it was never pushed', [], [], silent, 'gone'],
    ['who knows: the registry does not answer', [], places, silent, 'unknown'],
    ['who knows: the engine does not answer', undefined, [], silent, 'unknown'],
  ])('%s', async (_name, onEngine, recorded, resolve, expected) => {
    expect(await asked(onEngine, recorded, resolve)).toBe(expected);
  });

  test('an engine that does not answer tells nothing', async () => {
    const engine = { images: () => Promise.reject(new Error('down')) } as never;
    expect(await imagesOnEngine({ engine })).toBeUndefined();
  });
});
