import { previewPrune } from '#main/core/retention/preview.ts';
import { startPrune } from '#main/core/retention/start-prune.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { environments, type Intrusion, type RetentionCase } from './retention-case.ts';
import {
  type Built,
  createRetentionWorld,
  type EngineOfCase,
  type RetentionWorld,
} from './retention-world.ts';

/*
 * Plays a case and looks whether anything protected was lost. What is protected is worked out here a second time, in
 * the plainest words, from the same past.
 */

export type RetentionVerdict = {
  /** Names and manifests that were removed. */
  readonly removed: number;
  /** Ids and digests that had to stay. */
  readonly kept: number;
  /** Runs and pins that came while images were removed and were let through, or were refused. */
  readonly letIn: number;
  readonly refused: number;
  readonly violations: readonly string[];
};

type Snapshot = {
  readonly names: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  readonly manifests: ReadonlyMap<string, readonly string[]>;
};

export async function playRetention(each: RetentionCase, stage: EngineOfCase): Promise<RetentionVerdict> {
  const world = await createRetentionWorld(each, stage);
  try {
    for (const act of each.acts) await world.play(act);
    const before = await snapshot(world);
    const needed = neededNow(world, each);
    const late = await prune(world, each);
    const after = await snapshot(world);
    const guarded = protectedThings(world, needed, withoutNames(before, late.moved));
    const violations = [
      ...lost(before, after, guarded, late.moved),
      ...late.lost(after, guarded),
      ...brokenIndexes(before, after),
      ...(each.intrusions.length === 0 ? leftBehind(world, guarded, before, after) : []),
    ];
    return {
      removed:
        before.names.size - after.names.size + before.manifests.size - after.manifests.size + late.added,
      kept: guarded.size,
      letIn: late.letIn,
      refused: late.refused,
      violations,
    };
  } finally {
    await world.dispose();
  }
}

async function snapshot({ stage, registry }: RetentionWorld): Promise<Snapshot> {
  return { names: await stage.names(), tags: registry.tags(), manifests: registry.manifests() };
}

/** Shows what would go and removes it, while others come in between. */
async function prune(world: RetentionWorld, each: RetentionCase) {
  const intruders = createIntruders(world, each.intrusions);
  world.hook.ask = intruders.ask;
  world.hook.announce = intruders.announce;
  const signal = new AbortController().signal;
  try {
    const { hash } = await previewPrune(world.ports, world.ids.ours, signal);
    const wish = { workspaceId: world.ids.ours, requestId: 'the-prune-itself', hash };
    const never = async () => false;
    await startPrune(world.ports, world.runEngine, never, wish, { name: 'ada', shell: 'cli' }, signal);
    await world.runEngine.idle();
  } catch (error) {
    // Nothing to remove, or something came in between the preview and the start.
    const isRefusal = error instanceof GantryError && ['usage', 'plan-stale'].includes(error.code);
    if (!isRefusal) throw error;
  } finally {
    world.hook.ask = async () => undefined;
    world.hook.announce = () => undefined;
  }
  await intruders.finish();
  return intruders;
}

/** What somebody relies on from a moment on: names that were there when it was looked at. */
type Claim = { readonly who: string; readonly names: ReadonlyMap<string, string>; readonly isAny: boolean };

function createIntruders(world: RetentionWorld, intrusions: readonly Intrusion[]) {
  let questions = 0;
  let announcements = 0;
  let added = 0;
  const counts = { letIn: 0, refused: 0 };
  const claims: Claim[] = [];
  /** Names that somebody gave to another image meanwhile, and to which. */
  const moved = new Map<string, string>();
  /** Images whose last name that was. */
  const unnamed = new Set<string>();
  const waiting: { readonly due: number; ask: () => Promise<void> }[] = [];

  async function namesOf(one: Built): Promise<ReadonlyMap<string, string>> {
    const all = await world.stage.names();
    return new Map([...all].filter(([, imageId]) => one.imageIds.includes(imageId)));
  }

  async function come({ act, thinks }: Intrusion): Promise<void> {
    const one = world.releaseIn('in' in act ? act.in : 'ours', act.release);
    const [imageId] = one?.imageIds ?? [];
    if (one === undefined || imageId === undefined) return;
    if (act.kind === 'move-name') {
      const before = await world.stage.names();
      await world.play(act);
      for (const [name, id] of await world.stage.names()) {
        if (before.get(name) === id) continue;
        moved.set(name, id);
        const was = before.get(name);
        const isLast = [...before.values()].filter((other) => other === was).length === 1;
        if (was !== undefined && isLast) unnamed.add(was);
        if (!before.has(name)) added += 1;
      }
      return;
    }
    const names = await namesOf(one);
    const isWhole = one.imageIds.every((id) => [...names.values()].includes(id));
    const who = `${act.kind} ${one.release.id}`;
    if (act.kind === 'container' || act.kind === 'foreign-name') {
      const size = (await world.stage.names()).size;
      await world.play(act);
      added += (await world.stage.names()).size - size;
      const left = [...(await namesOf(one))].filter(([, id]) => id === imageId);
      if (left.length > 0) claims.push({ who, names: new Map(left), isAny: true });
      return;
    }
    if (act.kind === 'pin') {
      if (world.pin(one)) claims.push({ who, names: await namesOf(one), isAny: false });
      return;
    }
    // A plan is refused without the image; from here on the person thinks.
    if (!isWhole) return;
    const seenAt = world.ledger.events.lastSeq();
    const ask = async () => {
      const answer = world.begin(one, act.to, seenAt);
      if (answer === 'taken') claims.push({ who, names, isAny: false });
      if (answer === 'taken') counts.letIn += 1;
      if (answer === 'refused') counts.refused += 1;
    };
    waiting.push({ due: questions + thinks, ask });
  }

  function comeAtOnce(act: Intrusion['act']): void {
    if (act.kind !== 'begin' && act.kind !== 'pin') return;
    const one = world.releaseIn(act.in, act.release);
    if (one === undefined) return;
    const seenAt = world.ledger.events.lastSeq();
    const isIn = act.kind === 'pin' ? world.pin(one) : world.begin(one, act.to, seenAt) === 'taken';
    if (!isIn) return;
    counts.letIn += 1;
    const who = `${act.kind} ${one.release.id} at the last moment`;
    const names = new Map([...world.stage.knownNames()].filter(([, id]) => one.imageIds.includes(id)));
    claims.push({ who, names, isAny: false });
  }

  async function askDue(): Promise<void> {
    for (const one of [...waiting]) {
      if (one.due > questions) continue;
      waiting.splice(waiting.indexOf(one), 1);
      await one.ask();
    }
  }

  return {
    async ask(question: string) {
      questions += 1;
      const now = questions;
      for (const one of intrusions) {
        // No engine can be asked to remove a name only if it still names the same image.
        const isTooLate = one.act.kind === 'move-name' && question === 'untag';
        if (one.when === 'asked' && one.at === now && !isTooLate) await come(one);
      }
      await askDue();
    },
    announce() {
      const due = intrusions.filter(({ when, at }) => when === 'announced' && at % 4 === announcements);
      announcements += 1;
      // They have looked, and it was there.
      for (const { act } of due) comeAtOnce(act);
    },
    async finish() {
      questions = Number.POSITIVE_INFINITY;
      await askDue();
    },
    moved,
    lost(after: Snapshot, things: ReadonlySet<string>): readonly string[] {
      const taken = [...moved].filter(([name, id]) => things.has(id) && after.names.get(name) !== id);
      const broken = claims.flatMap(({ who, names, isAny }) => {
        const gone = [...names].filter(
          ([name, imageId]) => !moved.has(name) && after.names.get(name) !== imageId,
        );
        // For those who ask nobody, the engine keeps the image under some name, until somebody else gives that to another.
        const isNamed = (id: string) => [...after.names.values()].includes(id) || unnamed.has(id);
        const isLost = isAny ? ![...names.values()].every(isNamed) : gone.length > 0;
        return isLost ? [`${who} relies on ${gone.map(([name]) => name).join(', ')}`] : [];
      });
      return [...broken, ...taken.map(([name]) => `${name} was moved to a protected image`)];
    },
    get added() {
      return added;
    },
    get letIn() {
      return counts.letIn;
    },
    get refused() {
      return counts.refused;
    },
  };
}

/** Everything by which one of a release's images is known anywhere. */
function thingsOf(world: RetentionWorld, one: Built, at: Snapshot): readonly string[] {
  const own = one.release.images.map(({ tags }) => tags[0] ?? '');
  const tags = own.map((name) => name.slice(name.indexOf(':') + 1));
  // Also those that a later push took the name from: something may still run them by digest.
  const placed = world.ledger.places
    .digestsSince(world.ids[one.in], 0)
    .filter(({ release }) => release === one.release.id)
    .map(({ digest }) => digest);
  const inRegistry = [...placed, ...tags.flatMap((tag) => at.tags.get(tag) ?? [])];
  return [
    ...one.imageIds,
    ...own.flatMap((name) => at.names.get(name) ?? []),
    ...inRegistry,
    ...inRegistry.flatMap((digest) => at.manifests.get(digest) ?? []),
  ];
}

type Needed = { readonly releases: readonly Built[]; readonly running: readonly string[] };

function neededNow(world: RetentionWorld, each: RetentionCase): Needed {
  return {
    releases: [...protectedReleases(world, 'ours', each), ...protectedReleases(world, 'theirs', each)],
    running: [...[...world.drift.values()].flat(), ...world.stage.containers()],
  };
}

/** What shares an image with something that is needed by such a name alone, shares it no longer when the name moves. */
function withoutNames(at: Snapshot, moved: ReadonlyMap<string, string>): Snapshot {
  return { ...at, names: new Map([...at.names].filter(([name]) => !moved.has(name))) };
}

/** Ids and digests of everything that must stay, and of what shares one of them, and so on. */
function protectedThings(
  world: RetentionWorld,
  { releases, running }: Needed,
  at: Snapshot,
): ReadonlySet<string> {
  const things = new Set([...releases.flatMap((one) => thingsOf(world, one, at)), ...running]);
  for (let size = -1; size !== things.size; ) {
    size = things.size;
    for (const one of world.built) {
      const own = one.in === 'ours' ? thingsOf(world, one, at) : [];
      if (own.some((thing) => things.has(thing))) for (const thing of own) things.add(thing);
    }
  }
  return things;
}

function protectedReleases(
  world: RetentionWorld,
  checkout: 'ours' | 'theirs',
  { keep, wayBack }: RetentionCase,
): readonly Built[] {
  const { ledger, ids } = world;
  const workspaceId = ids[checkout];
  const all = world.built.filter((one) => one.in === checkout);
  const newest = checkout === 'ours' ? keep : 10;
  const depth = checkout === 'ours' ? wayBack : undefined;
  const wanted = new Set<string>([
    ...all.slice(-newest).map(({ release }) => release.id),
    ...ledger.pins.list(workspaceId).map(({ release }) => release),
    ...ledger.runs
      .list({ workspaceId, limit: 1_000, state: 'running' })
      .flatMap(({ release, previousRelease }) => [release ?? '', previousRelease ?? '']),
    ...environments.flatMap((name) => reachable(world, checkout, name, depth)),
  ]);
  return all.filter(({ release }) => wanted.has(release.id));
}

/** What runs there and what lies below it, by playing the environment's past once more. */
function reachable(
  { ledger, ids }: RetentionWorld,
  checkout: 'ours' | 'theirs',
  environment: string,
  depth: number | undefined,
): readonly string[] {
  const pile: string[] = [];
  const runs = ledger.runs
    .list({ workspaceId: ids[checkout], limit: 1_000, state: 'succeeded' })
    .filter((run) => run.environment === environment)
    .toReversed();
  for (const { kind, release = '' } of runs) {
    // A rollback always goes to what lies below.
    if (kind === 'rollback') pile.pop();
    else if (pile.at(-1) !== release) pile.push(release);
  }
  const [now, ...below] = pile.toReversed();
  return now === undefined ? [] : [now, ...below.slice(0, depth)];
}

function lost(
  before: Snapshot,
  after: Snapshot,
  things: ReadonlySet<string>,
  moved: ReadonlyMap<string, string>,
): readonly string[] {
  const names = [...before.names]
    .filter(([name, imageId]) => things.has(imageId) && after.names.get(name) !== imageId)
    .filter(([name]) => !moved.has(name))
    .map(([name]) => `the name ${name} of a protected image`);
  const tags = [...before.tags]
    .filter(([tag, digest]) => things.has(digest) && after.tags.get(tag) !== digest)
    .map(([tag]) => `the tag ${tag} of a protected manifest`);
  const manifests = [...before.manifests.keys()].filter(
    (digest) => things.has(digest) && !after.manifests.has(digest),
  );
  const foreign = [...before.names.keys()].filter((name) => /:mine/.test(name) && !after.names.has(name));
  const theirs = [...before.tags.keys()].filter((tag) => /^(theirs|prod$)/.test(tag) && !after.tags.has(tag));
  return [...names, ...tags, ...manifests, ...foreign, ...theirs].map((what) => `lost: ${what}`);
}

/** An index that stays must keep all its parts. */
function brokenIndexes(before: Snapshot, after: Snapshot): readonly string[] {
  return [...after.tags].flatMap(([tag, digest]) =>
    (after.manifests.get(digest) ?? [])
      .filter((part) => before.manifests.has(part) && !after.manifests.has(part))
      .map((part) => `broken: ${tag} lacks ${part}`),
  );
}

/** Without anybody in between, what nothing protects has to be gone: removing nothing at all would be safe, too. */
function leftBehind(
  world: RetentionWorld,
  things: ReadonlySet<string>,
  before: Snapshot,
  after: Snapshot,
): readonly string[] {
  const free = world.built.filter(
    (one) => one.in === 'ours' && !thingsOf(world, one, before).some((thing) => things.has(thing)),
  );
  return free.flatMap(({ release, imageIds }) =>
    release.images
      .flatMap(({ tags }) => tags)
      .filter((name) => imageIds.includes(after.names.get(name) ?? ''))
      .map((name) => `left behind: ${name}`),
  );
}
