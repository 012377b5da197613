import { cellTag } from '#shared/domain/matrix.ts';
import type { Release } from '#shared/domain/release.ts';
import type { LeftName, RegistryManifest } from '#shared/domain/retention.ts';
import { tagFields, tagName } from '../availability/tag-names.ts';
import type { ListedManifest } from '../ports.ts';
import { type Decision, ownNames, type RetentionRules, tagOf } from './decide.ts';
import { isInRegistry } from './ledger-facts.ts';
import type { Seen } from './seen.ts';

/** What removing a release's images comes down to. */
export type Removal = {
  readonly release: Release;
  readonly digests: readonly string[];
  /** On the engine, with the image each of them names now. */
  readonly names: readonly { readonly name: string; readonly imageId: string }[];
  /** The release's own name on engines of environments' own. */
  readonly elsewhere: readonly NameElsewhere[];
  readonly manifests: readonly RegistryManifest[];
  readonly left: readonly LeftName[];
};

export type NameElsewhere = { readonly engine: string; readonly name: string; readonly imageId: string };

export function isNothing({ names, elsewhere, manifests }: Removal): boolean {
  return names.length === 0 && elsewhere.length === 0 && manifests.length === 0;
}

/** As people read them. */
export function allNames({ names, elsewhere }: Pick<Removal, 'names' | 'elsewhere'>): string[] {
  return [...names.map(({ name }) => name), ...elsewhere.map(nameThere)];
}

export function nameThere({ name, engine }: NameElsewhere): string {
  return `${name} on ${engine}`;
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
      .flatMap((other) => givenNames(other, decision, seen)),
  );
  const onEngine = engineNames(release, digests, given, decision, seen);
  const inRegistries = seen.repositories.map((repository) =>
    registryManifests(release, repository, given, decision, others),
  );
  return {
    release,
    digests: withSharers(digests, decision),
    names: onEngine.names,
    elsewhere: namesElsewhere(release, digests, decision, seen),
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
  { rules, ledger }: Decision,
  { repositoryNames }: Seen,
): readonly string[] {
  const recorded = release.images.flatMap(({ tags }) => tags);
  const tags = [...recorded.map(tagOf), ...immutableTags(release, rules.config)];
  // A push may name any repository, and leaves the release's own name on the engine; other tags there are others' own.
  const pushed = (ledger.placed.get(release.id) ?? [])
    .filter(isInRegistry)
    .flatMap(({ repository }) => ownNames(release).map((own) => `${repository}:${tagOf(own)}`));
  return [...recorded, ...repositoryNames.flatMap((name) => tags.map((tag) => `${name}:${tag}`)), ...pushed];
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
  decision: Decision,
  seen: Seen,
): Pick<Removal, 'names' | 'left'> {
  const { protectedDigests } = decision;
  const ours = new Set(digests);
  const images = seen.images.filter(({ imageId }) => ours.has(imageId));
  const mine = new Set(givenNames(release, decision, seen));
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

/** Only what Gantry itself gave: a deploy gives the own name and no other, and an image of another id is another image. */
function namesElsewhere(
  release: Release,
  digests: readonly string[],
  { protectedDigests }: Decision,
  { engines }: Seen,
): readonly NameElsewhere[] {
  const own = new Set(ownNames(release));
  const ours = new Set(digests.filter((digest) => !protectedDigests.has(digest)));
  return engines.flatMap(({ name: engine, images }) =>
    images
      .filter(
        ({ imageId, digests: named }) => ours.has(imageId) && !named.some((one) => protectedDigests.has(one)),
      )
      .flatMap(({ imageId, names }) =>
        names.filter((name) => own.has(name)).map((name) => ({ engine, name, imageId })),
      )
      .sort((left, right) => (left.name < right.name ? -1 : 1)),
  );
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
