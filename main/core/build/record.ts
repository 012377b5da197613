import type { ReleaseId } from '#shared/domain/ids.ts';
import type { Release, Source, TestResult } from '#shared/domain/release.ts';
import type { Ports } from '../context.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import { staleText } from '../moving-names.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { StepOutput } from '../ports.ts';
import { notesOf } from '../release-notes.ts';
import type { BuildStepOutput, StepContext } from '../run-step.ts';
import { nameImages } from './name-images.ts';
import { type BuiltImage, type Progress, required } from './progress.ts';
import { remainsOf, removeBuildTags } from './remains.ts';
import type { BuildRun } from './run.ts';
import { plainNames } from './tags.ts';

export async function* recordRelease(
  ports: Ports,
  workspace: OpenWorkspace,
  run: BuildRun,
  progress: Progress,
  { signal }: StepContext,
): AsyncGenerator<StepOutput | BuildStepOutput> {
  const source = required(progress.source, 'source');
  const version = required(progress.version, 'version');
  const [first, ...others] = required(progress.images, 'images');
  const fullHash = hashOf(source, [first, ...others]);
  const known = ports.ledger.releases.byHash(workspace.id, fullHash);
  const id = known?.id ?? ports.ledger.releases.freeId(workspace.id, fullHash);
  const builtAt = ports.clock.now();
  const plain = plainNames(workspace.config, { id, version, source, builtAt });
  // Of a release that there was before, they are known.
  const noting = known === undefined ? notesOf(ports, workspace, source) : undefined;
  // Awaited when the images have their names, of which the failure goes first.
  noting?.catch(() => {});
  // From the first name on it goes on to the ledger: names of no release would be left behind by a cancel.
  signal.throwIfAborted();
  const { images, stale } = yield* nameImages(ports, [first, ...others], plain);
  const notes = await noting;
  const made: Release = {
    id,
    workspaceId: workspace.id,
    version,
    source,
    images,
    tests: progress.tests,
    ...(notes === undefined ? {} : { notes }),
    builtBy: run.id,
    builtAt,
  };
  const release = known === undefined ? made : { ...known, tests: merged(known.tests, made.tests) };
  // The image has names of its own now. The engine forgets this one while the disk writes.
  progress.isUntagged = removeBuildTags(ports.engine, remainsOf(workspace.config), run.id);
  progress.isUntagged.catch(() => {});
  ports.ledger.releases.put(release, fullHash);
  progress.release = release;
  yield { kind: 'event', event: recorded(id, version, first) };
  const same = known === undefined ? '' : ', the same as built before';
  const detail = [`${id} ${version}${same}`, ...stale.map((name) => `${staleText(name)} and stays`)].join(
    '; ',
  );
  yield { kind: 'end', outcome: 'succeeded', detail };
}

/** Of what it is, not of what it is called or what it passed. The order in which cells are written is no part of it. */
function hashOf(source: Source, images: readonly BuiltImage[]): string {
  const idOf = ({ image: { identity } }: BuiltImage) => identity.configDigest ?? identity.imageId;
  const [only] = images;
  const what =
    images.length === 1 && only?.cell === undefined && only !== undefined
      ? { image: idOf(only) }
      : { images: Object.fromEntries(images.map((built) => [built.cell ?? '', idOf(built)])) };
  return sha256(canonicalJson({ commit: source.commit?.sha, uncommitted: source.uncommittedHash, ...what }));
}

/** What a release passed is a fact about it: passing again, or passing a test that is new, is remembered. */
function merged(before: readonly TestResult[], now: readonly TestResult[]): TestResult[] {
  const key = ({ name, where, cell }: TestResult) => JSON.stringify([name, where, cell]);
  return [...new Map([...before, ...now].map((test) => [key(test), test])).values()];
}

function recorded(id: ReleaseId, version: string, { image }: BuiltImage) {
  return { kind: 'release-recorded', release: id, version, imageId: image.identity.imageId } as const;
}
