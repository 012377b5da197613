import type { ReleaseId } from '#shared/domain/ids.ts';
import { cellTag } from '#shared/domain/matrix.ts';
import type { Release } from '#shared/domain/release.ts';
import {
  type LeftName,
  type RegistryManifest,
  type Retention,
  type RetentionFacts,
  whatMayGo,
} from '#shared/domain/retention.ts';
import type { WorkspaceConfig } from '#shared/domain/workspace-config.ts';
import { tagFields, tagName } from '../availability/tag-names.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { ListedManifest } from '../ports.ts';
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
function ownNames({ images }: Release): readonly string[] {
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

/** What removing a release's images comes down to. */
export type Removal = {
  readonly release: Release;
  readonly digests: readonly string[];
  /** On the engine, with the image each of them names now. */
  readonly names: readonly { readonly name: string; readonly imageId: string }[];
  readonly manifests: readonly RegistryManifest[];
  readonly left: readonly LeftName[];
};

export function isNothing({ names, manifests }: Removal): boolean {
  return names.length === 0 && manifests.length === 0;
}

const foreign = 'no release owns that name';

/**
 * For a release that goes. `others`: whether those that go as well count as gone, as they will be when all is done, or as
 * there, as they are while one release is removed after the other.
 */
export function removalOf(
  release: Release,
  decision: Decision,
  seen: Seen,
  others: 'gone' | 'there',
): Removal {
  const digests = decision.digestsOf.get(release.id) ?? [];
  const going = new Set(decision.goes);
  const given = new Set(
    decision.ledger.releases
      .filter(({ id }) => going.has(id))
      .flatMap((other) => givenNames(other, decision.rules, seen)),
  );
  const onEngine = engineNames(release, digests, given, decision, seen);
  const inRegistries = seen.repositories.map((repository) =>
    registryManifests(release, repository, given, decision, others),
  );
  return {
    release,
    digests: withSharers(digests, decision),
    names: onEngine.names,
    manifests: inRegistries.flatMap(({ manifests }) => manifests),
    left: [...onEngine.left, ...inRegistries.flatMap(({ left }) => left)],
  };
}

/** And those of every release that has one of them: whoever needs such a release must hear of the removal as well. */
function withSharers(digests: readonly string[], { goes, digestsOf }: Decision): readonly string[] {
  const all = new Set(digests);
  const others = new Set(goes.map((id) => digestsOf.get(id) ?? []));
  for (let isGrowing = true; isGrowing; ) {
    isGrowing = false;
    for (const other of others) {
      if (!other.some((digest) => all.has(digest))) continue;
      for (const digest of other) all.add(digest);
      others.delete(other);
      isGrowing = true;
    }
  }
  return [...all];
}

/** Those recorded with it, and what it is called in the repositories that it may have been put into. */
function givenNames(
  release: Release,
  { config }: RetentionRules,
  { repositoryNames }: Seen,
): readonly string[] {
  const recorded = release.images.flatMap(({ tags }) => tags);
  const tags = [...recorded.map(tagOf), ...immutableTags(release, config)];
  return [...recorded, ...repositoryNames.flatMap((name) => tags.map((tag) => `${name}:${tag}`))];
}

/** Names that move are not among them: what one of them points to is what somebody watches. */
function immutableTags(
  release: Release,
  { tags, environments }: RetentionRules['config'],
): readonly string[] {
  const cells = release.images.map(({ cell }) => (cell === undefined ? '' : `-${cellTag(cell)}`));
  return environments.flatMap(({ name }) => {
    const fields = tagFields(release, name);
    return tags.immutable.flatMap((template) => {
      const tag = nameIfAny(template, fields);
      return tag === undefined ? [] : cells.map((cell) => `${tag}${cell}`);
    });
  });
}

/** What makes no name for this release was never given to it. */
function nameIfAny(...asked: Parameters<typeof tagName>): string | undefined {
  try {
    return tagName(...asked);
  } catch {
    return undefined;
  }
}

function engineNames(
  release: Release,
  digests: readonly string[],
  given: ReadonlySet<string>,
  { protectedDigests, rules }: Decision,
  seen: Seen,
): Pick<Removal, 'names' | 'left'> {
  const ours = new Set(digests);
  const images = seen.images.filter(({ imageId }) => ours.has(imageId));
  const mine = new Set(givenNames(release, rules, seen));
  // Some engines list in another order each time.
  const all = images
    .flatMap((image) => image.names.map((name) => ({ name, image })))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  const isProtected = ({ image }: (typeof all)[number]) =>
    [image.imageId, ...image.digests].some((digest) => protectedDigests.has(digest));
  return {
    names: all
      .filter((one) => mine.has(one.name) && !isProtected(one))
      .map(({ name, image }) => ({ name, imageId: image.imageId })),
    left: all
      .filter((one) => isProtected(one) || !given.has(one.name))
      .map((one) => ({ name: one.name, why: isProtected(one) ? 'something needs that image' : foreign })),
  };
}

function registryManifests(
  release: Release,
  { name, manifests }: Seen['repositories'][number],
  given: ReadonlySet<string>,
  { protectedDigests }: Decision,
  others: 'gone' | 'there',
): Pick<Removal, 'manifests' | 'left'> {
  const own = new Set(ownNames(release).map(tagOf));
  const isOwn = ({ tags }: ListedManifest) => tags.some((tag) => own.has(tag));
  const foreignTag = ({ tags }: ListedManifest) => tags.find((tag) => !given.has(`${name}:${tag}`));
  const stays = (one: ListedManifest) =>
    foreignTag(one) !== undefined || protectedDigests.has(one.digest) || (others === 'there' && !isOwn(one));
  // An index that is there, and lacks one of its parts, is broken.
  const parts = new Set(manifests.filter(stays).flatMap((one) => one.parts));
  const going: RegistryManifest[] = [];
  const left: LeftName[] = [];
  const mine = manifests.filter(isOwn).toSorted((left, right) => (left.digest < right.digest ? -1 : 1));
  for (const manifest of mine) {
    const { digest, tags } = manifest;
    const ref = `${name}@${digest}`;
    const keeper = foreignTag(manifest);
    if (keeper !== undefined) left.push({ name: `${name}:${keeper}`, why: foreign });
    else if (protectedDigests.has(digest)) left.push({ name: ref, why: 'something needs that image' });
    else if (parts.has(digest)) left.push({ name: ref, why: 'it is part of an image that stays' });
    else going.push({ ref, tags: [...tags] });
  }
  return { manifests: going, left };
}

/** `registry:5000/team/app:1.2` is the tag `1.2` of `registry:5000/team/app`. */
function tagOf(ref: string): string {
  return ref.slice(ref.lastIndexOf(':') + 1);
}

function repositoryOf(ref: string): string {
  return ref.slice(0, ref.lastIndexOf(':'));
}
