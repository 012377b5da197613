import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Ports } from '#main/core/context.ts';
import { trustWorkspace } from '#main/core/open-workspace.ts';
import type { BuildOutput, BuildRequest, BuildSpec, Engine } from '#main/core/ports.ts';
import { createRecovery } from '#main/core/recovery.ts';
import { createRunEngine } from '#main/core/run-engine.ts';
import type { BuildAsked } from '#main/core/start-build.ts';
import { createStarter, type Starter } from '#main/core/start-run.ts';
import { sentOf } from '#main/docker/sent-paths.ts';
import { createGit } from '#main/git/git.ts';
import { createClock } from '#main/host/clock.ts';
import { createCommands } from '#main/host/commands.ts';
import { createFiles } from '#main/host/files.ts';
import { createProcessTable } from '#main/host/process-table.ts';
import { openLedger } from '#main/ledger/open.ts';
import { createSecrets } from '#main/secrets/secrets.ts';
import { createTargets } from '#main/targets/index.ts';
import { createWorkspaces } from '#main/workspace/workspaces.ts';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Actor, RunEvent } from '#shared/domain/run-events.ts';
import { foldRun, type RunView } from '#shared/domain/run-reducer.ts';
import { env as gitEnv } from '#test/integration/git/repositories.ts';
import { sampleImageId, sampleRelease } from './samples.ts';

type Choices = Partial<Pick<BuildAsked, 'noCache' | 'whenBusy' | 'note' | 'commit'>>;
type InImage = Awaited<ReturnType<Engine['runInImage']>>;
type RunRequest = Parameters<Engine['runInImage']>[0];

const ada: Actor = { name: 'ada', shell: 'cli' };

/** Builds on an engine that only says it builds; all else is real: ledger, git, workspace, secrets, child processes. */
export type BuildWorld = {
  readonly folder: string;
  readonly homeFolder: string;
  /** Of the process that builds. */
  readonly env: Record<string, string>;
  write(name: string, text: string | Uint8Array): void;
  /** gantry.yml, with one environment unless the text names others. */
  config(text: string): void;
  build(choices?: Choices): Promise<RunView>;
  /** As `build`, but answers as soon as the run is in the ledger. */
  start(choices?: Choices): Promise<RunId>;
  view(runId: RunId): RunView;
  /** Resolves when no run is left. */
  idle(): Promise<void>;
  cancel(runId: RunId): void;
  readonly workspaceId: WorkspaceId;
  readonly ports: Ports;
  readonly starter: Starter;
  trust(): Promise<void>;
  releases(): readonly Release[];
  /** Everything that the ledger holds, as bytes. */
  ledgerBytes(): Buffer;
  log(view: RunView): readonly string[];
  events(view: RunView): readonly RunEvent[];
  /** What the engine was asked for, in order. */
  readonly asked: {
    readonly begun: BuildSpec[];
    readonly dropped: BuildSpec[];
    readonly builds: BuildRequest[];
    readonly tags: [imageId: string, ref: string][];
    readonly untags: string[];
    readonly runs: RunRequest[];
  };
  /** What it answers; replaced by tests. */
  engine: {
    outputs: (request: BuildRequest) => Iterable<BuildOutput> | AsyncIterable<BuildOutput>;
    /** Of the image that a build tag names. */
    imageId: (ref: string) => string;
    /** Of another name; by itself what a build or a person gave it. */
    named: (ref: string) => string | undefined;
    inImage: (request: RunRequest) => InImage;
  };
  remove(): void;
};

export function createBuildWorld(): BuildWorld {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gantry-build-')));
  const folder = join(root, 'shop');
  const homeFolder = join(root, 'ada');
  for (const made of [folder, homeFolder, join(root, 'gantry')]) mkdirSync(made);
  const env: Record<string, string> = { ...gitEnv };
  const asked: BuildWorld['asked'] = { begun: [], dropped: [], builds: [], tags: [], untags: [], runs: [] };
  const engine: BuildWorld['engine'] = {
    outputs: () => [],
    imageId: () => sampleImageId('a'),
    named: (ref) => asked.tags.findLast(([, name]) => name === ref)?.[0],
    inImage: () => ({ exitCode: 0 }),
  };
  const ports = createPorts(
    { root, homeFolder, env },
    scriptedEngine(asked, () => engine),
  );
  const runs = createRunEngine(ports, () => undefined);
  const { recover } = createRecovery(ports, () => undefined);
  const cancel = (runId: RunId) => {
    if (ports.ledger.runs.requestCancel(runId, ports.clock.now(), ada)) runs.cancel(runId);
  };
  const starter = createStarter(ports, runs, recover, cancel);
  const workspaceId = ports.ledger.workspaces.opened(folder, 'shop', 1);
  const write = (name: string, text: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  write('Dockerfile', 'FROM scratch\n');
  let builds = 0;
  const start: BuildWorld['start'] = async (choices = {}) => {
    await trustWorkspace(ports, workspaceId);
    builds += 1;
    const defaults = { noCache: false, whenBusy: 'queue' } as const;
    return starter.build({ workspaceId, requestId: `build-${builds}`, ...defaults, ...choices }, ada);
  };
  const view: BuildWorld['view'] = (runId) => {
    const folded = foldRun(ports.ledger.runs.events(runId));
    if (folded === undefined) throw new Error('the run has no events');
    return folded;
  };
  return {
    folder,
    homeFolder,
    env,
    write,
    asked,
    engine,
    config: (text) =>
      write(
        'gantry.yml',
        `name: shop\n${text}\n${/^environments:/m.test(text) ? '' : 'environments: { dev: {} }\n'}`,
      ),
    async build(choices) {
      const runId = await start(choices);
      await runs.idle();
      return view(runId);
    },
    start,
    view,
    idle: () => runs.idle(),
    cancel,
    workspaceId,
    ports,
    starter,
    async trust() {
      await trustWorkspace(ports, workspaceId);
    },
    releases: () => ports.ledger.releases.list(workspaceId, 10),
    ledgerBytes: () => Buffer.concat(ledgerFiles(root)),
    log: (view) => ports.ledger.logs.read(view.id, 1, 1_000).map(({ source, text }) => `${source}: ${text}`),
    events: (view) => ports.ledger.runs.events(view.id).map(({ event }) => event),
    remove: () => {
      ports.ledger.close();
      rmSync(root, { recursive: true });
    },
  };
}

type Place = { readonly root: string; readonly homeFolder: string; readonly env: Record<string, string> };

function createPorts({ root, homeFolder, env }: Place, engine: Engine): Ports {
  const clock = createClock();
  const processes = createProcessTable();
  const home = join(root, 'gantry');
  const targets = createTargets();
  const ports: Partial<Ports> = {
    clock,
    processes,
    engine,
    targets,
    ledger: openLedger({ path: join(home, 'ledger.db'), now: clock.now, appVersion: 'test' }),
    commands: createCommands({ processes }),
    files: createFiles(),
    git: createGit({ env, checkoutsFolder: join(home, 'checkouts') }),
    secrets: createSecrets({ home, homeFolder, env }),
    workspaces: createWorkspaces({ targets: targets.list(), remoteName: () => Promise.resolve(undefined) }),
    hostEnvironment: env,
    leaseStaleAfterMs: 1_000,
  };
  // The rest belongs to deploys.
  return ports as Ports;
}

function scriptedEngine(asked: BuildWorld['asked'], script: () => BuildWorld['engine']): Engine {
  const [{ image }] = sampleRelease('a').images;
  const engine: Partial<Engine> = {
    status: () =>
      Promise.resolve({
        kind: 'reachable',
        version: '26.1',
        apiVersion: '1.45',
        product: 'docker',
        via: 'test',
        host: 'test',
        imageStore: 'classic',
        hasBuildKit: true,
      }),
    async begin(spec) {
      asked.begun.push(spec);
      return { drop: () => asked.dropped.push(spec) };
    },
    async *build(request) {
      asked.builds.push(request);
      yield* script().outputs(request);
    },
    sentOf,
    image: async (ref) => {
      const imageId = ref.includes(':gantry-run-') ? script().imageId(ref) : script().named(ref);
      return imageId === undefined ? undefined : { ...image, identity: { ...image.identity, imageId } };
    },
    tag: async (imageId, ref) => {
      asked.tags.push([imageId, ref]);
    },
    untag: async (ref) => {
      asked.untags.push(ref);
    },
    runInImage: async (request) => {
      asked.runs.push(request);
      return script().inImage(request);
    },
  };
  // The rest belongs to deploys.
  return engine as Engine;
}

function ledgerFiles(root: string): Buffer[] {
  return readdirSync(join(root, 'gantry'))
    .filter((name) => name.startsWith('ledger'))
    .map((name) => readFileSync(join(root, 'gantry', name)));
}
