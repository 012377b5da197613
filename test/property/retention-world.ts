import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Ports } from '#main/core/context.ts';
import { trustWorkspace } from '#main/core/open-workspace.ts';
import type { Engine } from '#main/core/ports.ts';
import { previousStay, staysOf } from '#main/core/releases.ts';
import { requireNotBeingRemoved, requireNotRemoved } from '#main/core/retention/removal-guard.ts';
import { createRunEngine } from '#main/core/run-engine.ts';
import { createClock } from '#main/host/clock.ts';
import { openLedger } from '#main/ledger/open.ts';
import { completeConfig } from '#main/workspace/complete-config.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { environmentNameSchema, type ReleaseId, type RunId, type WorkspaceId } from '#shared/domain/ids.ts';
import type { Release, ReleaseImage } from '#shared/domain/release.ts';
import type { RunEvent } from '#shared/domain/run-events.ts';
import { workspaceConfigSchema } from '#shared/domain/workspace-config.ts';
import { createRegistryOfCase, repository } from './made-up-registry.ts';
import { type Act, type Checkout, environments, type RetentionCase } from './retention-case.ts';

/** An engine with images of a few contents, and what people do to it without Gantry. */
export type EngineOfCase = {
  /** Without a tag; all of the case's names begin with it. */
  readonly imageName: string;
  readonly engine: Pick<Engine, 'images' | 'containers' | 'image' | 'untag' | 'spaceOf'>;
  /** Made when it is first asked for. */
  imageId(content: number): Promise<string>;
  /** Moves it where another image has it. */
  name(imageId: string, name: string): Promise<void>;
  unname(name: string): Promise<void>;
  startContainer(imageId: string): Promise<void>;
  containers(): readonly string[];
  /** As it was when it was last asked for; for whoever cannot wait. */
  knownNames(): ReadonlyMap<string, string>;
  /** Every name with its image. */
  names(): Promise<ReadonlyMap<string, string>>;
  dispose(): Promise<void>;
};

const owner = { bootId: 'boot', pid: 1, startTime: '1' };
const ada = { name: 'ada', shell: 'cli' } as const;

/** A release with what only the test knows of it. */
export type Built = {
  readonly in: Checkout;
  readonly release: Release;
  readonly imageIds: readonly string[];
};

/** What comes in between; `announce` while nothing else can. */
type Hooks = { ask: (question: string) => Promise<void>; announce: () => void };

export type RetentionWorld = Awaited<ReturnType<typeof createRetentionWorld>>;

/** A real ledger with two checkouts, a made-up registry, and the core on top of them. */
export async function createRetentionWorld(each: RetentionCase, stage: EngineOfCase) {
  const { imageName } = stage;
  const folder = mkdtempSync(join(tmpdir(), 'gantry-retention-'));
  let now = 1_000;
  const tick = () => {
    now += 1;
    return now;
  };
  const ledger = openLedger({ path: join(folder, 'ledger.db'), now: tick, appVersion: '0.0.0' });
  const folders = { ours: join(folder, 'ours'), theirs: join(folder, 'theirs') };
  const ids: Readonly<Record<Checkout, WorkspaceId>> = {
    ours: ledger.workspaces.opened(folders.ours, 'shop', 1),
    theirs: ledger.workspaces.opened(folders.theirs, 'shop', 1),
  };
  const registry = createRegistryOfCase();
  const drift = new Map<string, string[]>();
  const built: Built[] = [];
  const hook: Hooks = { ask: async () => undefined, announce: () => undefined };
  const ports = createPorts();
  const runEngine = createRunEngine(ports, () => {});
  await trustWorkspace(ports, ids.ours);

  function createPorts(): Ports {
    const config = completeConfig({
      file: workspaceConfigSchema.parse({
        name: imageName,
        registry: { repository },
        tags: { immutable: ['v{{release}}'], moving: ['{{environment}}'] },
        retention: { keep: each.keep, ...(each.wayBack === undefined ? {} : { wayBack: each.wayBack }) },
        environments: Object.fromEntries(environments.map((name) => [name, {}])),
      }),
      fallbackName: imageName,
      targets: new Map(environments.map((name) => [name, { kind: 'made-up', config: {} }])),
    });
    const observe = async (_config: unknown, place: { readonly environment: string }) => {
      await hook.ask('observe');
      const running = drift.get(place.environment) ?? [];
      const services = running.map((imageId) => ({ name: 'web', imageId, imageRef: imageId }));
      return services.length === 0 ? { kind: 'empty', at: now } : { kind: 'running', at: now, services };
    };
    const asked = <In extends readonly unknown[], Out>(
      question: string,
      call: (...input: In) => Promise<Out>,
    ) => {
      return async (...input: In) => {
        await hook.ask(question);
        return call(...input);
      };
    };
    // The last thing that is called before the transaction.
    const announcing = <T>(value: T): T => {
      const { kind } = value as Partial<RunEvent>;
      if (kind === 'image-removing') hook.announce();
      return value;
    };
    const { engine } = stage;
    const real = createClock();
    return {
      ledger,
      clock: { now: tick, monotonic: tick, sleep: real.sleep },
      processes: { self: () => owner, isAlive: () => true },
      secrets: { redactor: () => ({ learn: () => {}, redact: String, redactDeep: announcing }) },
      engine: {
        ...engine,
        images: asked('images', engine.images),
        containers: asked('containers', engine.containers),
        image: asked('image', engine.image),
        untag: asked('untag', engine.untag),
      },
      registry: {
        manifests: asked('manifests', registry.port.manifests),
        delete: asked('delete', registry.port.delete),
      },
      targets: {
        get: () => ({
          kind: 'made-up',
          compares: 'digest',
          config: z.unknown(),
          observe,
          describe: () => ({ label: '', detail: '' }),
        }),
      },
      workspaces: {
        load: async (at: string) => ({ folder: at, origin: 'written', config, problems: [] }),
      },
      git: { status: async () => undefined },
      leaseStaleAfterMs: 15_000,
      // The rest belongs to building and deploying.
    } as unknown as Ports;
  }

  let requests = 0;
  function request(
    checkout: Checkout,
    event: Omit<Extract<RunEvent, { kind: 'run-requested' }>, 'kind' | 'workspaceId' | 'steps' | 'by'>,
    check?: () => void,
  ) {
    requests += 1;
    return ledger.runs.request({
      workspaceId: ids[checkout],
      requestId: `request-${requests}`,
      scope: event.environment ?? '#build',
      owner,
      by: ada,
      reason: event.run,
      at: tick(),
      staleAfterMs: 15_000,
      isOwnerAlive: () => true,
      event: { kind: 'run-requested', workspaceId: ids[checkout], steps: [], by: ada, ...event },
      ...(check === undefined ? {} : { check }),
    });
  }

  function end(run: { readonly runId: RunId; readonly token: number }, release?: ReleaseId) {
    ledger.runs.append(run.runId, run.token, tick(), {
      kind: 'run-ended',
      outcome: release === undefined ? 'failed' : 'succeeded',
      summary: '',
      recovered: false,
      ...(release === undefined ? {} : { leaves: { release } }),
    });
  }

  async function build(checkout: Checkout, contents: readonly number[]): Promise<void> {
    const taken = request(checkout, { run: 'build' });
    if (taken.kind !== 'taken') return;
    const hash = createHash('sha256').update(contents.join()).digest('hex');
    const id = ledger.releases.freeId(ids[checkout], hash);
    const images: ReleaseImage[] = [];
    const imageIds: string[] = [];
    for (const [index, content] of contents.entries()) {
      const imageId = await stage.imageId(content);
      const own = `${imageName}:${id}${index === 0 ? '' : `-cell${index}`}`;
      const tags = index === 0 ? [own, `${imageName}:1.${content}`] : [own];
      for (const tag of tags) await stage.name(imageId, tag);
      imageIds.push(imageId);
      images.push({ ...(index === 0 ? {} : { cell: `cell${index}` }), image: factsOf(imageId, tags), tags });
    }
    const [first, ...others] = images;
    if (first === undefined) throw new Error('a release has an image');
    const release: Release = {
      id,
      workspaceId: ids[checkout],
      version: `1.${contents[0]}`,
      source: { uncommittedFiles: 0 },
      images: [first, ...others],
      tests: [],
      builtBy: taken.runId,
      builtAt: tick(),
    };
    ledger.releases.put(release, hash);
    end(taken);
    if (!built.some((one) => one.in === checkout && one.release.id === id)) {
      built.push({ in: checkout, release, imageIds });
    }
  }

  /** Asks as a deploy does whose plan saw the image when the ledger had got so far. False when it was refused. */
  function begin(one: Built, environment: string, seenAt?: number): 'taken' | 'refused' | 'busy' {
    const name = environmentNameSchema.parse(environment);
    const previous = ledger.environments.state(ids[one.in], name)?.release;
    const wish = {
      run: 'deploy',
      environment: name,
      release: one.release.id,
      ...(previous === undefined ? {} : { previousRelease: previous }),
    } as const;
    try {
      const check = seenAt === undefined ? undefined : () => requireNotRemoved(ports, one.release, seenAt);
      return request(one.in, wish, check).kind === 'taken' ? 'taken' : 'busy';
    } catch (error) {
      if (error instanceof GantryError && error.code === 'plan-stale') return 'refused';
      throw error;
    }
  }

  function pin(one: Built): boolean {
    try {
      const check = () => requireNotBeingRemoved(ports, one.release);
      ledger.pins.put(ids[one.in], { release: one.release.id, by: 'ada', at: tick() }, check);
      return true;
    } catch (error) {
      if (error instanceof GantryError) return false;
      throw error;
    }
  }

  async function move(act: Extract<Act, { kind: 'deploy' | 'fail' | 'go-back' }>): Promise<void> {
    const name = environmentNameSchema.parse(act.to);
    const back = previousStay(staysOf(ports, ids[act.in], name))?.release;
    const wished = act.kind === 'go-back' ? back : releaseIn(act.in, act.release)?.release.id;
    if (wished === undefined) return;
    const run = act.kind === 'go-back' ? 'rollback' : 'deploy';
    const taken = request(act.in, { run, environment: name, release: wished });
    if (taken.kind === 'taken') end(taken, act.kind === 'fail' ? undefined : wished);
  }

  function releaseIn(checkout: Checkout, place: number): Built | undefined {
    return built.filter((one) => one.in === checkout)[place];
  }

  async function push(one: Built, parts: readonly number[]): Promise<void> {
    const below = await Promise.all(parts.map((content) => stage.imageId(content)));
    for (const [index, imageId] of one.imageIds.entries()) {
      const digest = registry.put(imageId, index === 0 ? below : []);
      const tag = index === 0 ? one.release.id : `${one.release.id}-cell${index}`;
      registry.tag(tag, digest);
      registry.tag(`v${one.release.id}${index === 0 ? '' : `-cell${index}`}`, digest);
      const taken = request(one.in, { run: 'deploy', environment: environmentNameSchema.parse('dev') });
      if (taken.kind !== 'taken') continue;
      const place = { kind: 'image-placed', step: 'x', repository, tag, digest } as const;
      ledger.runs.append(taken.runId, taken.token, tick(), { ...place, release: one.release.id });
      end(taken);
    }
  }

  let foreign = 0;
  async function play(act: Act): Promise<void> {
    const one = 'release' in act ? releaseIn('in' in act ? act.in : 'ours', act.release) : undefined;
    const [imageId] = one?.imageIds ?? [];
    foreign += 1;
    // Two may come at the same time, and the second must not take the first one's name.
    const number = foreign;
    switch (act.kind) {
      case 'build':
        return build(act.in, act.images);
      case 'deploy':
      case 'fail':
      case 'go-back':
        return move(act);
      case 'begin':
        if (one !== undefined) begin(one, act.to);
        return;
      case 'pin':
        if (one !== undefined) pin(one);
        return;
      case 'unpin':
        if (one !== undefined) ledger.pins.remove(ids[act.in], one.release.id, 'ada');
        return;
      case 'push':
        if (one !== undefined) await push(one, act.parts);
        return;
      case 'foreign-name':
        if (imageId !== undefined && (await isThere(imageId)))
          await stage.name(imageId, `${imageName}:mine${number}`);
        return;
      case 'foreign-tag':
      case 'moving-tag': {
        const digest = one && registry.digestOf(one.release.id);
        const tag = act.kind === 'moving-tag' ? 'prod' : `theirs${number}`;
        if (digest !== undefined) registry.tag(tag, digest);
        return;
      }
      case 'container':
        if (imageId !== undefined && (await isThere(imageId))) await stage.startContainer(imageId);
        return;
      case 'drift':
        if (imageId !== undefined) drift.set(act.to, [...(drift.get(act.to) ?? []), imageId]);
        return;
      case 'move-name': {
        const name = releaseIn('ours', act.from)?.release.images[0].tags[0];
        if (name !== undefined && imageId !== undefined && (await isThere(imageId)))
          await stage.name(imageId, name);
        return;
      }
      case 'lose-name': {
        const name = one?.release.images[0].tags[0];
        if (name !== undefined) await stage.unname(name);
        return;
      }
    }
  }

  async function isThere(imageId: string): Promise<boolean> {
    return [...(await stage.names()).values()].includes(imageId);
  }

  return {
    ids,
    ledger,
    ports,
    runEngine,
    registry,
    drift,
    built,
    stage,
    hook,
    play,
    begin,
    pin,
    releaseIn,
    isThere,
    async dispose() {
      ledger.close();
      rmSync(folder, { recursive: true, force: true });
      await stage.dispose();
    },
  };
}

function factsOf(imageId: string, tags: readonly string[]): ReleaseImage['image'] {
  const config = {
    entrypoint: [],
    command: [],
    envKeys: [],
    ports: [],
    user: '',
    workingDir: '',
    labels: {},
  };
  return {
    identity: { imageId, manifestDigests: {} },
    tags: [...tags],
    size: 1,
    platform: 'linux/amd64',
    config,
    layers: [],
  };
}
