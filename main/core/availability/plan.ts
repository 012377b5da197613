import * as z from 'zod';
import { shortDigest } from '#shared/domain/availability-words.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Availability, PlannedStep, TagChange, Warning } from '#shared/domain/plan.ts';
import type { Wish } from '../ports.ts';
import type { ImageAction } from './action.ts';
import type { AvailabilityFacts } from './facts.ts';
import { registryHost } from './registry-host.ts';

export type AvailabilityPlan = {
  readonly availability: readonly Availability[];
  readonly tags: readonly TagChange[];
  readonly warnings: readonly Warning[];
  /** Before those of the target. */
  readonly before: readonly PlannedStep[];
  /** After those of the target: names move when the release has arrived. */
  readonly after: readonly PlannedStep[];
  /** On an engine of the environment's own, where it is there already: as that engine calls it. */
  readonly imageId?: string;
  /** For the target; absent where no registry has a part in it. */
  readonly remote?: NonNullable<Wish['release']['remote']>;
};

/** Pure. Throws `image-gone` where the image is nowhere, and `config-invalid` where the target has no repository to look in. */
export function planAvailability(facts: AvailabilityFacts): AvailabilityPlan {
  if (facts.needs === 'registry' && facts.destination === undefined) throw noRepository(facts);
  const remote = facts.destination === undefined ? undefined : toRegistry(facts, facts.destination);
  const local = facts.needs === 'engine' ? toEngines(facts, remote?.item) : [];
  const digest = remote === undefined || remote.item.kind === 'push' ? undefined : digestOf(remote.item);
  const tags = facts.destination === undefined ? [] : tagChanges(facts.destination.tags, digest);
  const availability = [...(remote === undefined ? [] : [remote.item]), ...local];
  return {
    availability,
    tags,
    warnings: [...(remote?.warnings ?? []), ...immutableTags(tags), ...platforms(facts)],
    before: availability.map((item) => availabilityStep(facts, item)),
    after: tags.some(({ before, after }) => after === undefined || before !== after)
      ? [tagsStep(facts, tags)]
      : [],
    ...(facts.engine?.imageId === undefined ? {} : { imageId: facts.engine.imageId }),
    ...(facts.destination === undefined ? {} : { remote: remoteOf(facts.destination, digest) }),
  };
}

function remoteOf({ repository, ref }: NonNullable<AvailabilityFacts['destination']>, digest?: string) {
  return { repository, ref, ...(digest === undefined ? {} : { digest }) };
}

type Remote = { readonly item: Availability; readonly warnings: readonly Warning[] };

function toRegistry(
  facts: AvailabilityFacts,
  destination: NonNullable<AvailabilityFacts['destination']>,
): Remote {
  const { ref, now, repository } = destination;
  const { image, sources } = facts;
  if (now !== undefined && isOurs(facts, now)) {
    return { item: { kind: 'there', ref, digest: now.digest }, warnings: [] };
  }
  const warnings: Warning[] =
    now === undefined
      ? []
      : [
          {
            level: 'block',
            about: 'image',
            what: `${ref} is another image`,
            detail: `The registry has ${now.digest} there, which is not ${facts.release}. A release’s own name never moves: delete that tag.`,
          },
        ];
  const host = registryHost(repository);
  const source = sources.find((one) => registryHost(one.repository) === host) ?? sources[0];
  if (source !== undefined) {
    const from = `${source.repository}@${source.digest}`;
    const isSameRegistry = registryHost(source.repository) === host;
    const { digest, size: bytes } = source;
    return { item: { kind: 'promote', ref, digest, from, isSameRegistry, bytes }, warnings };
  }
  if (!facts.isOnEngine) throw gone(facts);
  return { item: { kind: 'push', ref, imageId: image.imageId, bytes: image.size }, warnings };
}

/** By digest where it was put before; else, as on an engine with the classic store, by what is in it. */
function isOurs(
  { sources, image }: AvailabilityFacts,
  now: { digest: string; configDigest?: string },
): boolean {
  if (sources.some(({ digest }) => digest === now.digest) || now.digest === image.imageId) return true;
  return image.configDigest !== undefined && image.configDigest === now.configDigest;
}

/** To the engine that Gantry uses, or to the environment's own: fetched by it where it can, else by way of this one. */
function toEngines(facts: AvailabilityFacts, remote: Availability | undefined): Availability[] {
  const { engine, isOnEngine, image } = facts;
  if (engine === undefined) return isOnEngine ? [] : [toEngine(facts, remote)];
  if (engine.imageId !== undefined) return [];
  // Where the environment has a repository, its engine is meant to look there; otherwise the shortest way is best.
  if (engine.canPull && (facts.destination !== undefined || !isOnEngine)) {
    return [{ ...toEngine(facts, remote), engine: engine.name }];
  }
  const { bytes = image.size, layers = 0 } = engine.missing ?? {};
  const present = engine.missing === undefined ? 0 : engine.missing.present;
  const { imageId, ref } = image;
  const load = { kind: 'load', engine: engine.name, imageId, ref, bytes, layers, present } as const;
  return isOnEngine ? [load] : [toEngine(facts, remote), load];
}

function toEngine(
  facts: AvailabilityFacts,
  remote: Availability | undefined,
): Extract<Availability, { kind: 'pull' }> {
  const { image, sources, destination } = facts;
  const [source] = sources;
  const from = destinationOf(remote, destination) ?? (source && `${source.repository}@${source.digest}`);
  if (from === undefined) throw gone(facts);
  const bytes = source?.size ?? destination?.now?.size ?? image.size;
  return { kind: 'pull', from, imageId: image.imageId, ref: image.ref, bytes };
}

/** Where the steps before have put it, by the digest as far as that is known. */
function destinationOf(
  remote: Availability | undefined,
  destination: AvailabilityFacts['destination'],
): string | undefined {
  if (remote === undefined || destination === undefined) return undefined;
  const digest = digestOf(remote);
  return digest === undefined ? destination.ref : `${destination.repository}@${digest}`;
}

function digestOf(item: Availability): string | undefined {
  return item.kind === 'there' || item.kind === 'promote' ? item.digest : undefined;
}

function tagChanges(
  tags: NonNullable<AvailabilityFacts['destination']>['tags'],
  digest: string | undefined,
): TagChange[] {
  return tags.map(({ ref, isMoving, now }) => ({
    ref,
    isMoving,
    ...(now === undefined ? {} : { before: now }),
    ...(digest === undefined ? {} : { after: digest }),
  }));
}

function immutableTags(tags: readonly TagChange[]): Warning[] {
  return tags
    .filter(({ isMoving, before, after }) => !isMoving && before !== undefined && before !== after)
    .map(({ ref, before }) => ({
      level: 'block',
      about: 'image',
      what: `${ref} names another image and must not move`,
      detail: `The registry has ${before} there. Build under another version, or take the template out of tags.immutable.`,
    }));
}

/** `linux/arm64/v8` runs where `linux/arm64` is wished. */
function platforms({ platform, image, environment }: AvailabilityFacts): Warning[] {
  if (platform === undefined || image.platforms.length === 0) return [];
  const fits = image.platforms.some(
    (one) => one === platform || one.startsWith(`${platform}/`) || platform.startsWith(`${one}/`),
  );
  if (fits) return [];
  return [
    {
      level: 'block',
      about: 'image',
      what: `The image is for ${image.platforms.join(', ')}, and ${environment} runs ${platform}`,
      detail: `Write build.platforms: [${platform}] in gantry.yml and build again.`,
    },
  ];
}

/** Without the keys that are undefined: JSON has none. */
function toJson(action: ImageAction): PlannedStep['action'] {
  return z.json().parse(JSON.parse(JSON.stringify(action)));
}

const transferTimeoutMs = 30 * 60_000;
const questionTimeoutMs = 60_000;

function availabilityStep(facts: AvailabilityFacts, item: Availability): PlannedStep {
  const action = toJson({ core: 'available', ...of(facts), item });
  const common = { action, repeatable: true, changes: false, timeoutMs: transferTimeoutMs };
  switch (item.kind) {
    case 'there':
      return {
        ...common,
        id: 'image-registry',
        title: 'Check image in registry',
        detail: `${item.ref} is ${shortDigest(item.digest)}`,
        timeoutMs: questionTimeoutMs,
      };
    case 'promote':
      return {
        ...common,
        id: 'image-registry',
        title: 'Carry image to registry',
        detail: `${item.from} as ${item.ref}, ${item.isSameRegistry ? 'inside the registry' : 'from registry to registry'}`,
      };
    case 'push':
      return {
        ...common,
        id: 'image-registry',
        title: 'Push image',
        detail: `this engine’s image as ${item.ref}`,
      };
    case 'pull':
      return {
        ...common,
        id: item.engine === undefined ? 'image-engine' : 'image-fetch',
        title: 'Fetch image',
        detail: `${item.from} to ${item.engine ?? 'this engine'}`,
      };
    case 'load':
      return {
        ...common,
        id: 'image-load',
        title: 'Load image',
        detail: `this engine’s image into ${item.engine}, as ${item.ref}`,
      };
  }
}

function of({ release, cell }: AvailabilityFacts): Pick<ImageAction, 'release' | 'cell'> {
  return { release, ...(cell === undefined ? {} : { cell }) };
}

function tagsStep(facts: AvailabilityFacts, tags: readonly TagChange[]): PlannedStep {
  const action = toJson({
    core: 'tags',
    ...of(facts),
    ref: facts.destination?.ref ?? '',
    tags: [...tags],
  });
  return {
    id: 'image-tags',
    title: 'Name image in registry',
    detail: tags.map(({ ref }) => ref).join(', '),
    action,
    repeatable: true,
    changes: true,
    timeoutMs: questionTimeoutMs,
  };
}

function gone({ release, commit, engine, whyNotAsked }: AvailabilityFacts): GantryError {
  if (whyNotAsked !== undefined) {
    return new GantryError(
      'engine-unreachable',
      `${engine?.name ?? 'The engine'} does not have the image of ${release}, and the engine that may have it cannot be asked: ${whyNotAsked}`,
      'Start that engine: the image is taken from it.',
    );
  }
  return new GantryError(
    'image-gone',
    `The image of ${release} is no longer on this engine, nor in a registry it was put in.`,
    commit === undefined
      ? 'It was built from no commit, so it cannot be built again: take another release.'
      : `Build its commit again, as a new release: gantry build --commit ${commit.slice(0, 12)}`,
  );
}

function noRepository({ environment }: AvailabilityFacts): GantryError {
  return new GantryError(
    'config-invalid',
    `${environment} pulls its image from a registry, and gantry.yml names none.`,
    `Write registry.repository, or environments.${environment}.repository, such as ghcr.io/acme/shop.`,
  );
}
