import { GantryError } from '#shared/domain/errors.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { Release, Source, TestResult } from '#shared/domain/release.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { TestConfig } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';
import { canonicalJson, sha256 } from './hash.ts';
import type { OpenWorkspace } from './open-workspace.ts';
import type { StepOutput } from './ports.ts';
import type { BuildStepOutput, RunStep, StepContext } from './run-step.ts';
import { runTest } from './run-test.ts';
import { tagsFor, versionOf } from './version.ts';

export type BuildChoices = { readonly noCache: boolean };

export type BuildScript = {
  readonly planned: readonly PlannedStep[];
  /** Known once the run has its number. */
  steps(runId: RunId): readonly RunStep[];
  readonly cleanUp: (runId: RunId) => Promise<void>;
  /** For the run's last sentence and its rollback-free end. */
  readonly result: () => Release | undefined;
};

/** What the steps of one build hand on to each other. */
type Progress = {
  source?: Source;
  version?: string;
  image?: ImageFacts;
  tests: TestResult[];
  release?: Release;
};

/** Source, image, tests, record: a release exists only when the last of them is done. */
export function scriptBuild(ports: Ports, workspace: OpenWorkspace, choices: BuildChoices): BuildScript {
  const planned = planBuild(workspace);
  const progress: Progress = { tests: [] };
  const { tests } = workspace.config;
  return {
    planned,
    result: () => progress.release,
    cleanUp: (runId) => ports.engine.untag(buildTag(workspace, runId)),
    steps: (runId) =>
      planned.map((step) => ({
        planned: step,
        apply: (context) => {
          if (step.id === 'source') return readSource(ports, workspace, progress);
          if (step.id === 'build') return buildImage(ports, workspace, choices, runId, progress, context);
          if (step.id === 'record') return recordRelease(ports, workspace, runId, progress, context);
          const test = tests[Number(step.id.slice('test-'.length)) - 1];
          if (test === undefined) throw new Error(`no test for step ${step.id}`);
          return testImage(ports, workspace, test, runId, progress, context);
        },
      })),
  };
}

/** Carries the image until it has proved itself; removed at the end of the run. */
export function buildTag(workspace: Pick<OpenWorkspace, 'config'>, runId: RunId): string {
  return `${workspace.config.image}:gantry-run-${runId}`;
}

/**
 * On every container that a test of this run uses. Another ledger may have a run of the same number on the same engine,
 * so the run's start is part of it.
 */
export function testLabels(run: Pick<RunSummary, 'id' | 'startedAt'>): Record<string, string> {
  return { 'dev.gantry.run': String(run.id), 'dev.gantry.run-started': String(run.startedAt) };
}

function planBuild({ config }: OpenWorkspace): PlannedStep[] {
  const step = (id: string, title: string, detail: string, timeoutMs: number): PlannedStep => ({
    id,
    title,
    detail,
    action: null,
    repeatable: true,
    changes: false,
    timeoutMs,
  });
  return [
    step('source', 'Read source', 'Commit and uncommitted changes', 60_000),
    step('build', 'Build image', `${config.image} from ${config.build.dockerfile}`, config.build.timeout),
    ...config.tests.map((test, index) =>
      step(
        `test-${index + 1}`,
        `Test ${test.name}`,
        test.where === 'image' ? 'In the image' : 'On this machine',
        test.timeout,
      ),
    ),
    step('record', 'Record release', 'Tags and the ledger', 60_000),
  ];
}

async function* readSource(
  ports: Ports,
  workspace: OpenWorkspace,
  progress: Progress,
): AsyncGenerator<StepOutput> {
  const { folder } = workspace;
  const [source, tag, packageVersion] = await Promise.all([
    ports.git.source(folder),
    ports.git.versionTag(folder),
    ports.workspaces.packageVersion(folder),
  ]);
  progress.source = source;
  progress.version = versionOf({
    source,
    ...(tag === undefined ? {} : { tag }),
    ...(packageVersion === undefined ? {} : { packageVersion }),
  });
  yield { kind: 'end', outcome: 'succeeded', detail: describeSource(source) };
}

function describeSource(source: Source): string {
  const files =
    source.uncommittedFiles === 1 ? '1 uncommitted file' : `${source.uncommittedFiles} uncommitted files`;
  if (source.commit === undefined) return source.uncommittedFiles > 0 ? `No commit, ${files}` : 'No commit';
  const commit = `${source.commit.sha.slice(0, 7)} ${source.commit.subject}`;
  return source.uncommittedFiles > 0 ? `${commit}, and ${files}` : commit;
}

async function* buildImage(
  ports: Ports,
  workspace: OpenWorkspace,
  choices: BuildChoices,
  runId: RunId,
  progress: Progress,
  { signal }: StepContext,
): AsyncGenerator<StepOutput | BuildStepOutput> {
  const { build } = workspace.config;
  const names = new Map<string, string>();
  const seen = new Map<string, boolean>();
  const tag = buildTag(workspace, runId);
  const outputs = ports.engine.build({
    contextFolder: `${workspace.folder}/${build.context}`,
    dockerfile: build.dockerfile,
    ...(build.target === undefined ? {} : { target: build.target }),
    images: [{ args: build.args, tag }],
    atOnce: build.atOnce,
    labels: { ...build.labels, ...labelsFor(workspace, progress) },
    contexts: {},
    platforms: build.platforms,
    cacheFrom: build.cacheFrom,
    cacheTo: build.cacheTo,
    noCache: choices.noCache,
    pull: build.pull,
    network: build.network,
    extraHosts: build.extraHosts,
    provenance: build.attestations.provenance,
    sbom: false,
    secrets: {},
    ssh: [],
    signal,
  });
  for await (const output of outputs) {
    switch (output.kind) {
      case 'vertex': {
        const { vertex } = output;
        names.set(vertex.id, vertex.name);
        if (vertex.state === 'cached' || vertex.state === 'done')
          seen.set(vertex.id, vertex.state === 'cached');
        yield { kind: 'event', event: { kind: 'vertex-changed', step: 'build', vertex } };
        break;
      }
      case 'line': {
        const source = output.vertexId === undefined ? 'engine' : (names.get(output.vertexId) ?? 'engine');
        yield { kind: 'line', source, level: output.stream, text: output.text };
        break;
      }
      case 'progress':
        yield output;
        break;
      case 'sent': {
        const { kind: _, ...sent } = output;
        yield { kind: 'event', event: { kind: 'context-sent', step: 'build', ...sent } };
        break;
      }
      case 'image':
        break;
    }
  }
  const image = await ports.engine.image(tag, signal);
  if (image === undefined) {
    throw new GantryError(
      'engine-refused',
      'The engine said the build was done, but it has no such image.',
      'Build again; if it happens again, look at the engine’s own log.',
    );
  }
  progress.image = image;
  const cached = [...seen.values()].filter(Boolean).length;
  yield { kind: 'end', outcome: 'succeeded', detail: `${cached} of ${seen.size} steps cached` };
}

function labelsFor({ config }: OpenWorkspace, { source, version }: Progress): Record<string, string> {
  const commit = source?.commit;
  return {
    'org.opencontainers.image.title': config.name,
    ...(version === undefined ? {} : { 'org.opencontainers.image.version': version }),
    ...(commit === undefined
      ? {}
      : {
          'org.opencontainers.image.revision': commit.sha,
          // The commit's time, not the clock's: the same source makes the same image.
          'org.opencontainers.image.created': new Date(commit.at).toISOString(),
        }),
    'dev.gantry.workspace': config.name,
  };
}

async function* testImage(
  ports: Ports,
  workspace: OpenWorkspace,
  test: TestConfig,
  runId: RunId,
  progress: Progress,
  context: StepContext,
): AsyncGenerator<StepOutput> {
  const image = required(progress.image, 'image');
  const startedAt = ports.clock.now();
  const place = {
    folder: workspace.folder,
    imageId: image.identity.imageId,
    tag: buildTag(workspace, runId),
    labels: testLabels(required(ports.ledger.runs.get(runId), 'run')),
  };
  for await (const output of runTest(ports, test, place, context)) {
    if (output.kind === 'end' && output.outcome === 'succeeded') {
      progress.tests.push({ name: test.name, where: test.where, durationMs: ports.clock.now() - startedAt });
    }
    yield output;
  }
}

async function* recordRelease(
  ports: Ports,
  workspace: OpenWorkspace,
  runId: RunId,
  progress: Progress,
  { signal }: StepContext,
): AsyncGenerator<StepOutput | BuildStepOutput> {
  const source = required(progress.source, 'source');
  const version = required(progress.version, 'version');
  const image = required(progress.image, 'image');
  const { imageId, configDigest } = image.identity;
  const fullHash = sha256(
    canonicalJson({
      commit: source.commit?.sha,
      uncommitted: source.uncommittedHash,
      image: configDigest ?? imageId,
    }),
  );
  const known = ports.ledger.releases.byHash(workspace.id, fullHash);
  const id = known?.id ?? ports.ledger.releases.freeId(workspace.id, fullHash);
  const tags = tagsFor(workspace.config.image, id, version, source);
  for (const tag of tags) await ports.engine.tag(imageId, tag, signal);
  const release: Release = {
    id,
    workspaceId: workspace.id,
    version,
    source,
    images: [{ image: { ...image, tags }, tags }],
    tests: progress.tests,
    builtBy: runId,
    builtAt: ports.clock.now(),
  };
  ports.ledger.releases.put(known ?? release, fullHash);
  progress.release = known ?? release;
  yield { kind: 'event', event: { kind: 'release-recorded', release: id, version, imageId } };
  const detail = known === undefined ? `${id} ${version}` : `${id} ${version}, the same as built before`;
  yield { kind: 'end', outcome: 'succeeded', detail };
}

/** Steps run in order, so what an earlier one made is there. */
function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the ${what} is not known yet`);
  return value;
}
