import type { ReleaseId } from '#shared/domain/ids.ts';
import type { Release, ReleaseImage, Source, TestResult } from '#shared/domain/release.ts';
import type { Ports } from '../context.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { StepOutput } from '../ports.ts';
import { notesOf } from '../release-notes.ts';
import type { BuildStepOutput, StepContext } from '../run-step.ts';
import { type BuiltImage, type Progress, required } from './progress.ts';
import { remainsOf, removeBuildTags } from './remains.ts';
import type { BuildRun } from './run.ts';
import { namesOf, plainNames } from './tags.ts';

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
  const images: Release['images'] = [
    await nameImage(ports, first, namesOf(plain, first.cell, true)),
    ...(await Promise.all(others.map((built) => nameImage(ports, built, namesOf(plain, built.cell, false))))),
  ];
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
  const detail = known === undefined ? `${id} ${version}` : `${id} ${version}, the same as built before`;
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

async function nameImage(
  { engine }: Pick<Ports, 'engine'>,
  { cell, image }: BuiltImage,
  tags: string[],
): Promise<ReleaseImage> {
  await Promise.all(tags.map((tag) => engine.tag(image.identity.imageId, tag)));
  return { ...(cell === undefined ? {} : { cell }), image: { ...image, tags }, tags };
}

/** What a release passed is a fact about it: passing again, or passing a test that is new, is remembered. */
function merged(before: readonly TestResult[], now: readonly TestResult[]): TestResult[] {
  const key = ({ name, where, cell }: TestResult) => JSON.stringify([name, where, cell]);
  return [...new Map([...before, ...now].map((test) => [key(test), test])).values()];
}

function recorded(id: ReleaseId, version: string, { image }: BuiltImage) {
  return { kind: 'release-recorded', release: id, version, imageId: image.identity.imageId } as const;
}
