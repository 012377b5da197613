import type { ReleaseId } from '#shared/domain/ids.ts';
import type { Release } from '#shared/domain/release.ts';
import { type Retention, type RetentionFacts, whatMayGo } from '#shared/domain/retention.ts';
import type { WorkspaceConfig } from '#shared/domain/workspace-config.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { LedgerFacts, LedgerReader } from './ledger-facts.ts';
import type { Seen } from './seen.ts';

/** What gantry.yml says about it. */
export type RetentionRules = Pick<OpenWorkspace, 'id'> & {
  readonly config: Pick<WorkspaceConfig, 'retention' | 'tags' | 'environments'>;
};

export type Decision = Retention & {
  readonly rules: RetentionRules;
  readonly ledger: LedgerFacts;
  /** For each release every id and digest by which any of its images is known anywhere. */
  readonly digestsOf: ReadonlyMap<ReleaseId, readonly string[]>;
};

/** What other workspaces keep counts from theirs, and they may not even be open: this many at least. */
const keepElsewhere = 10;

/** Reads the ledger and nothing else, so it may be asked again within a transaction. */
export function decide(reader: LedgerReader, rules: RetentionRules, seen: Seen): Decision {
  const { id: workspaceId } = rules;
  const { keep, wayBack } = rules.config.retention;
  const ledger = reader.read(workspaceId);
  const digestsOf = allDigests(ledger, seen);
  const mine = new Set([...digestsOf.values()].flat());
  const elsewhere = reader.others(workspaceId).map(({ id, name }) => ({
    workspace: name,
    digests: protectedElsewhere(reader.read(id), ledger, mine, seen),
  }));
  const known = ledger.environments.map((environment) => ({
    ...environment,
    wayBack: wayBack === undefined ? environment.wayBack : environment.wayBack.slice(0, wayBack),
    seen: seen.environments.get(environment.name) ?? [],
  }));
  const names = new Set(known.map(({ name }) => name));
  // Something may run where no run of ours left anything.
  const unknown = [...seen.environments].filter(([name]) => !names.has(name));
  const facts: RetentionFacts = {
    ...commonFacts(ledger, digestsOf, keep),
    environments: [...known, ...unknown.map(([name, digests]) => ({ name, wayBack: [], seen: digests }))],
    containers: seen.containers,
    elsewhere,
  };
  return { ...whatMayGo(facts), rules, ledger, digestsOf };
}

function commonFacts(
  { releases, pins, running }: LedgerFacts,
  digestsOf: ReadonlyMap<ReleaseId, readonly string[]>,
  keep: number,
): Pick<RetentionFacts, 'keep' | 'releases' | 'pins' | 'inFlight'> {
  return {
    keep,
    releases: releases.map(({ id }) => ({ id, digests: digestsOf.get(id) ?? [] })),
    pins,
    inFlight: running.map(({ id, release, previousRelease }) => ({
      runId: id,
      releases: [release, previousRelease].filter((one) => one !== undefined),
    })),
  };
}

/**
 * Two checkouts of a repository give the same names to the same images, and one of them must not take them from the
 * other.
 */
function protectedElsewhere(
  theirs: LedgerFacts,
  ours: LedgerFacts,
  mine: ReadonlySet<string>,
  seen: Seen,
): readonly string[] {
  const isBuilding = theirs.running.some(({ kind }) => kind === 'build' || kind === 'adopt');
  // What a build makes is known when it is done; it may be one of ours.
  if (isBuilding && (theirs.releases.length === 0 || sharesNames(theirs, ours))) return [...mine];
  const digestsOf = allDigests(theirs, seen);
  if (![...digestsOf.values()].flat().some((digest) => mine.has(digest))) return [];
  const facts: RetentionFacts = {
    ...commonFacts(theirs, digestsOf, keepElsewhere),
    environments: theirs.environments.map((environment) => ({ ...environment, seen: [] })),
    containers: [],
    elsewhere: [],
  };
  const { stays } = whatMayGo(facts);
  return stays.flatMap(({ release }) => digestsOf.get(release) ?? []).filter((digest) => mine.has(digest));
}

function sharesNames(theirs: LedgerFacts, ours: LedgerFacts): boolean {
  const repositories = new Set(ours.releases.flatMap(ownNames).map(repositoryOf));
  return theirs.releases.flatMap(ownNames).some((name) => repositories.has(repositoryOf(name)));
}

/** The names that are a release's alone: one for each of its images. */
export function ownNames({ images }: Release): readonly string[] {
  return images.flatMap(({ tags }) => tags.slice(0, 1));
}

function allDigests(ledger: LedgerFacts, seen: Seen): ReadonlyMap<ReleaseId, readonly string[]> {
  return new Map(
    ledger.releases.map((release) => [
      release.id,
      digestsOfOne(
        release,
        (ledger.placed.get(release.id) ?? []).map(({ digest }) => digest),
        seen,
      ),
    ]),
  );
}

/** Whatever one of its names points to counts as its image, even where somebody has moved that name. */
function digestsOfOne(
  release: Release,
  placed: readonly string[],
  { images, repositories }: Seen,
): readonly string[] {
  const recorded = release.images.flatMap(({ image: { identity } }) => [
    identity.imageId,
    ...(identity.configDigest === undefined ? [] : [identity.configDigest]),
    ...Object.values(identity.manifestDigests),
    ...placed,
  ]);
  const own = new Set(ownNames(release));
  const known = new Set(recorded);
  const here = images
    .filter(({ imageId, names }) => known.has(imageId) || names.some((name) => own.has(name)))
    .flatMap(({ imageId, digests }) => [imageId, ...digests]);
  const tags = new Set([...own].map(tagOf));
  // A target may tell of the one manifest of an index that it runs.
  const there = repositories.flatMap(({ manifests }) =>
    manifests
      .filter((one) => one.tags.some((tag) => tags.has(tag)) || known.has(one.digest))
      .flatMap(({ digest, parts }) => [digest, ...parts]),
  );
  return [...new Set([...recorded, ...here, ...there])];
}

/** `registry:5000/team/app:1.2` is the tag `1.2` of `registry:5000/team/app`. */
export function tagOf(ref: string): string {
  return ref.slice(ref.lastIndexOf(':') + 1);
}

function repositoryOf(ref: string): string {
  return ref.slice(0, ref.lastIndexOf(':'));
}
