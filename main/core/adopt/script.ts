import type { RunId } from '#shared/domain/ids.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { AdoptedFrom, Release } from '#shared/domain/release.ts';
import { required } from '../build/progress.ts';
import { plainNames } from '../build/tags.ts';
import type { Ports } from '../context.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import { createLineQueue } from '../line-queue.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { StepOutput } from '../ports.ts';
import type { BuildStepOutput, RunStep, StepContext } from '../run-step.ts';
import { sourceOf, versionOfImage } from './describe.ts';
import { type FoundImage, findImage } from './find.ts';

export type AdoptScript = {
  readonly planned: readonly PlannedStep[];
  steps(runId: RunId): readonly RunStep[];
  summary(): string;
};

type Output = StepOutput | BuildStepOutput;

/** What the steps hand on to each other. */
type Progress = { found?: FoundImage; image?: ImageFacts; release?: Release; summary: string };

/** Found, fetched by its digest, recorded: a release of an image that somebody else built. */
export function scriptAdopt(ports: Ports, workspace: OpenWorkspace, ref: string): AdoptScript {
  const progress: Progress = { summary: '' };
  const step = (id: string, title: string, detail: string, timeoutMs: number): PlannedStep => ({
    id,
    title,
    detail,
    action: null,
    repeatable: true,
    changes: false,
    timeoutMs,
  });
  const parts = [
    {
      planned: step('find', 'Find image', ref, 60_000),
      apply: (_runId: RunId, context: StepContext) => find(ports, workspace, ref, progress, context),
    },
    {
      planned: step('fetch', 'Fetch image', 'From its registry, by digest', 30 * 60_000),
      apply: (_runId: RunId, context: StepContext) => fetchImage(ports, workspace, progress, context),
    },
    {
      planned: step('record', 'Record release', 'Tags and the ledger', 60_000),
      apply: (runId: RunId, context: StepContext) => record(ports, workspace, ref, runId, progress, context),
    },
  ];
  return {
    planned: parts.map(({ planned }) => planned),
    steps: (runId) =>
      parts.map(({ planned, apply }) => ({ planned, apply: (context) => apply(runId, context) })),
    summary: () => progress.summary,
  };
}

async function* find(
  ports: Ports,
  { config }: OpenWorkspace,
  ref: string,
  progress: Progress,
  { signal }: StepContext,
): AsyncGenerator<Output> {
  const found = await findImage(ports, ref, { signal, insecure: config.registry.insecure });
  progress.found = found;
  const detail =
    found.kind === 'engine'
      ? `On the engine, ${shortId(found.image.identity.imageId)}`
      : `In its registry, ${shortId(found.digest)}`;
  yield { kind: 'end', outcome: 'succeeded', detail };
}

async function* fetchImage(
  ports: Ports,
  { config }: OpenWorkspace,
  progress: Progress,
  { signal }: StepContext,
): AsyncGenerator<Output> {
  const found = required(progress.found, 'image');
  if (found.kind === 'engine') {
    progress.image = found.image;
    yield { kind: 'end', outcome: 'succeeded', detail: 'The engine has it already' };
    return;
  }
  const queue = createLineQueue<Output>();
  const pulling = ports.registry.pull(`${found.repository}@${found.digest}`, {
    signal,
    insecure: config.registry.insecure,
    onProgress: ({ layersDone, layersTotal }) =>
      queue.push({ kind: 'progress', text: `${layersDone} of ${layersTotal} layers` }),
  });
  yield* queue.until(pulling);
  progress.image = await pulling;
  yield { kind: 'end', outcome: 'succeeded', detail: `${shortId(found.digest)} fetched` };
}

async function* record(
  ports: Ports,
  workspace: OpenWorkspace,
  ref: string,
  runId: RunId,
  progress: Progress,
  { signal }: StepContext,
): AsyncGenerator<Output> {
  const image = required(progress.image, 'image');
  const found = required(progress.found, 'image');
  const { imageId } = image.identity;
  const known = knownRelease(ports, workspace, image);
  const release = known ?? (await newRelease(ports, workspace, ref, runId, image, found, signal));
  const [own = ''] = tagsOfImage(release, image);
  // The engine forgets what has no name, and a release that is known may have lost its own.
  await ports.engine.tag(imageId, own, signal);
  yield {
    kind: 'event',
    event: { kind: 'release-recorded', release: release.id, version: release.version, imageId },
  };
  if (found.kind === 'registry') {
    const { repository, digest, tag = '' } = found;
    yield {
      kind: 'event',
      event: { kind: 'image-placed', step: 'record', release: release.id, repository, tag, digest },
    };
  }
  progress.summary =
    known === undefined
      ? `${release.id} ${release.version}, adopted from ${ref}`
      : `${release.id} ${release.version} has this image already`;
  yield { kind: 'end', outcome: 'succeeded', detail: progress.summary };
}

/** Adopting what a release has already makes no second one of it. */
function knownRelease(
  { ledger }: Pick<Ports, 'ledger'>,
  { id }: OpenWorkspace,
  { identity: { imageId, configDigest } }: ImageFacts,
): Release | undefined {
  return ledger.releases
    .list(id, 1_000_000)
    .find(({ images }) =>
      images.some(
        ({ image: { identity } }) =>
          identity.imageId === imageId ||
          (configDigest !== undefined && identity.configDigest === configDigest),
      ),
    );
}

function tagsOfImage(release: Release, { identity }: ImageFacts): readonly string[] {
  const own =
    release.images.find(({ image }) => image.identity.imageId === identity.imageId) ?? release.images[0];
  return own.tags;
}

async function newRelease(
  ports: Ports,
  workspace: OpenWorkspace,
  ref: string,
  runId: RunId,
  image: ImageFacts,
  found: FoundImage,
  signal: AbortSignal,
): Promise<Release> {
  const { imageId, configDigest } = image.identity;
  const source = await sourceOf(ports, workspace.folder, image);
  const version = versionOfImage(ref, image);
  // As a build's, so that both know the same image as the same release.
  const fullHash = sha256(
    canonicalJson({ commit: source.commit?.sha, uncommitted: undefined, image: configDigest ?? imageId }),
  );
  const id = ports.ledger.releases.freeId(workspace.id, fullHash);
  const builtAt = ports.clock.now();
  const names = plainNames(workspace.config, { id, version, source, builtAt });
  const tags = await freeTags(ports, imageId, names, signal);
  const adoptedFrom: AdoptedFrom = {
    ref,
    ...(found.kind === 'registry' ? { digest: found.digest } : {}),
  };
  for (const tag of tags) await ports.engine.tag(imageId, tag, signal);
  const release: Release = {
    id,
    workspaceId: workspace.id,
    version,
    source,
    images: [{ image: { ...image, tags }, tags }],
    tests: [],
    adoptedFrom,
    builtBy: runId,
    builtAt,
  };
  ports.ledger.releases.put(release, fullHash);
  return release;
}

/** Its own name, and of the others those that no other image has: what somebody else built takes no name away. */
async function freeTags(
  { engine }: Pick<Ports, 'engine'>,
  imageId: string,
  [own = '', ...others]: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const free = await Promise.all(
    others.map(async (tag) => {
      const now = await engine.image(tag, signal);
      return now === undefined || now.identity.imageId === imageId ? [tag] : [];
    }),
  );
  return [own, ...free.flat()];
}

function shortId(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
