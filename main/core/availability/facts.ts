import { GantryError } from '#shared/domain/errors.ts';
import type { ReleaseId } from '#shared/domain/ids.ts';
import { cellTag } from '#shared/domain/matrix.ts';
import type { Release, ReleaseImage } from '#shared/domain/release.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from '../context.ts';
import { engineIdsOf, imageRulesOf } from '../identity.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { MissingImage, RemoteEngine, RemoteImage, Target } from '../ports.ts';
import { requireImageOf } from '../releases.ts';
import { engineOf, placeOf } from '../target-io.ts';
import { registryHost } from './registry-host.ts';
import { tagFields, tagName } from './tag-names.ts';

/** What is known of where an image is and where it has to be. Everything a plan decides about it follows from these. */
export type AvailabilityFacts = {
  readonly environment: string;
  readonly release: ReleaseId;
  /** What it was built from, as far as git knows it. */
  readonly commit?: string;
  readonly cell?: string;
  readonly image: {
    readonly imageId: string;
    readonly configDigest?: string;
    readonly size: number;
    /** The release's own name on the engine. */
    readonly ref: string;
    readonly platforms: readonly string[];
  };
  readonly needs: 'engine' | 'registry';
  /** The environment's own engine, where that is not the one that Gantry uses. */
  readonly engine?: {
    readonly name: string;
    /** Where it has the image: as it calls it. */
    readonly imageId?: string;
    /** Whether it reaches the registry that it would fetch the image from. */
    readonly canPull: boolean;
    /** What it lacks of the image; absent where that is not known. */
    readonly missing?: MissingImage;
  };
  /** On the engine that Gantry uses; false as well where that is not asked, because a registry has all that is needed. */
  readonly isOnEngine: boolean;
  /** Why that engine could not be asked, where it is not needed for everything. */
  readonly whyNotAsked?: string;
  /** What the target can run, where that can be told. */
  readonly platform?: string;
  /** Where the environment's images are put, and what stands there under the release's own name. */
  readonly destination?: {
    readonly repository: string;
    readonly ref: string;
    readonly now?: RemoteImage;
    readonly tags: readonly { readonly ref: string; readonly isMoving: boolean; readonly now?: string }[];
  };
  /** Where the image was put before and still is, newest first. */
  readonly sources: readonly {
    readonly repository: string;
    readonly digest: string;
    readonly size: number;
  }[];
};

type Needs = Pick<Ports, 'engine' | 'engines' | 'registry' | 'ledger' | 'targets'>;

/** For a deploy: where the environment's target looks for the image, and which names a deploy gives it there. */
export async function readAvailability(
  ports: Needs,
  workspace: OpenWorkspace,
  environment: Environment,
  release: Release,
  platform: string | undefined,
  signal: AbortSignal,
): Promise<AvailabilityFacts> {
  const image = requireImageOf(release, environment);
  const target = ports.targets.get(environment.target.kind);
  const repository = repositoryOf(workspace, environment, target);
  const { needsImage } = imageRulesOf(target, environment.target.config);
  // Where a target looks into a registry, its engine is asked nothing.
  const remote = needsImage === 'engine' ? engineOf(ports, workspace, environment) : undefined;
  return readImagePlace(
    ports,
    workspace,
    release,
    {
      place: environment.name,
      image,
      needs: needsImage,
      ...(remote === undefined ? {} : { engine: remote }),
      ...(platform === undefined ? {} : { platform }),
      ...(repository === undefined
        ? {}
        : {
            repository,
            names: deployNames(workspace, environment, target, release, image.cell, repository),
          }),
    },
    signal,
  );
}

export type WantedPlace = {
  /** Who wants it, for people. */
  readonly place: string;
  readonly image: ReleaseImage;
  readonly needs: 'engine' | 'registry';
  /** Where not on the engine that Gantry uses. */
  readonly engine?: RemoteEngine;
  readonly platform?: string;
  readonly repository?: string;
  /** Further names there. */
  readonly names?: readonly { readonly ref: string; readonly isMoving: boolean }[];
};

/** Asks the engine and, where there is a repository, its registry. Changes nothing. */
export async function readImagePlace(
  ports: Needs,
  workspace: Pick<OpenWorkspace, 'config'>,
  release: Release,
  { place, image: wanted, needs, engine, platform, repository, names = [] }: WantedPlace,
  signal: AbortSignal,
): Promise<AvailabilityFacts> {
  const { image, tags, cell } = wanted;
  const { imageId, configDigest } = image.identity;
  const ref = tags[0] ?? imageId;
  const call = { signal, insecure: workspace.config.registry.insecure };
  const inRegistry =
    repository === undefined ? undefined : findSource(ports, release, cell, repository, call);
  const here = async () => {
    // From one registry to another, or within one: nothing of it goes by way of this engine.
    if (needs === 'registry' && inRegistry !== undefined && (await inRegistry).length > 0) {
      return { isOnEngine: false };
    }
    return askHere(ports, imageId, engine !== undefined, signal);
  };
  const engines = Promise.all([
    here(),
    engine === undefined ? undefined : findThere(ports, engine, release, cell, signal),
  ]);
  const sourcesOf = async () => {
    // Without a repository, and with the image here, no registry is asked anything: a deploy works offline.
    if (inRegistry !== undefined) return inRegistry;
    const [{ isOnEngine }, found] = await engines;
    return isOnEngine || found !== undefined ? [] : findSource(ports, release, cell, repository, call);
  };
  const [[asked, found], destination, sources] = await Promise.all([
    engines,
    repository === undefined
      ? undefined
      : readDestination(ports, repository, ownRemoteTag(release, cell), names, call),
    sourcesOf(),
  ]);
  const from = destination?.ref ?? (sources[0] && `${sources[0].repository}@${sources[0].digest}`);
  return {
    environment: place,
    release: release.id,
    ...(release.source.commit === undefined ? {} : { commit: release.source.commit.sha }),
    ...(cell === undefined ? {} : { cell }),
    image: {
      imageId,
      ...(configDigest === undefined ? {} : { configDigest }),
      size: image.size,
      ref,
      platforms: image.platforms ?? [image.platform],
    },
    needs,
    ...asked,
    ...(engine === undefined
      ? {}
      : {
          engine: await readEngine(engine, found, asked.isOnEngine ? imageId : undefined, ref, from, signal),
        }),
    ...(platform === undefined ? {} : { platform }),
    ...(destination === undefined ? {} : { destination }),
    sources,
  };
}

/** As the environment's own engine calls it; `undefined` where it has none. Rejects where it does not answer. */
async function findThere(
  ports: Needs,
  { engine }: RemoteEngine,
  release: Release,
  cell: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ids = [...engineIdsOf(ports, release, cell)];
  const found = await Promise.all(ids.map((id) => engine.image(id, signal)));
  // By the beginning of an id an engine finds others.
  return ids.find((id, index) => found[index]?.identity.imageId === id);
}

/** For an environment on another engine this one may be away: the image may be there already, or in a registry. */
async function askHere(
  { engine }: Needs,
  imageId: string,
  mayBeAway: boolean,
  signal: AbortSignal,
): Promise<Pick<AvailabilityFacts, 'isOnEngine' | 'whyNotAsked'>> {
  try {
    return { isOnEngine: (await engine.image(imageId, signal)) !== undefined };
  } catch (error) {
    const isAway = error instanceof GantryError && error.code === 'engine-unreachable';
    if (!mayBeAway || !isAway) throw error;
    return { isOnEngine: false, whyNotAsked: error.message };
  }
}

async function readEngine(
  engine: RemoteEngine,
  found: string | undefined,
  here: string | undefined,
  ref: string,
  from: string | undefined,
  signal: AbortSignal,
): Promise<NonNullable<AvailabilityFacts['engine']>> {
  const { name } = engine;
  if (found !== undefined) return { name, imageId: found, canPull: false };
  const [canPull, missing] = await Promise.all([
    from === undefined ? false : engine.canPull(from, signal),
    here === undefined ? undefined : engine.missing(here, ref, signal),
  ]);
  return { name, canPull, ...(missing === undefined ? {} : { missing }) };
}

/** Where an environment's images are put; absent where they stay on the engine. */
function repositoryOf(
  { config }: Pick<OpenWorkspace, 'config'>,
  { target: { config: settings }, repository }: Environment,
  target: Target,
): string | undefined {
  const own = target.repository?.(settings) ?? repository;
  return (
    own ?? (imageRulesOf(target, settings).needsImage === 'registry' ? config.registry.repository : undefined)
  );
}

/** The name that a release has in every repository; it never moves. */
function ownRemoteTag(release: Pick<Release, 'id'>, cell: string | undefined): string {
  return cell === undefined ? release.id : `${release.id}-${cellTag(cell)}`;
}

type Call = { readonly signal: AbortSignal; readonly insecure: readonly string[] };

function deployNames(
  workspace: OpenWorkspace,
  environment: Environment,
  target: Target,
  release: Release,
  cell: string | undefined,
  repository: string,
): NonNullable<WantedPlace['names']> {
  const { immutable, moving } = workspace.config.tags;
  const fields = tagFields(release, environment.name);
  const named = (templates: readonly string[], isMoving: boolean) =>
    templates.flatMap((template) => {
      const name = tagName(template, fields);
      return name === undefined ? [] : [{ ref: `${repository}:${withCell(name, cell)}`, isMoving }];
    });
  const own = target.ownTag?.(environment.target.config, placeOf(workspace, environment));
  return [...named(immutable, false), ...named(moving, true)].filter((name) => name.ref !== own);
}

async function readDestination(
  { registry }: Pick<Needs, 'registry'>,
  repository: string,
  tag: string,
  names: NonNullable<WantedPlace['names']>,
  call: Call,
): Promise<NonNullable<AvailabilityFacts['destination']>> {
  const ref = `${repository}:${tag}`;
  const [now, tags] = await Promise.all([
    registry.resolve(ref, call),
    Promise.all(
      names.map(async (name) => {
        const digest = (await registry.resolve(name.ref, call))?.digest;
        return digest === undefined ? name : { ...name, now: digest };
      }),
    ),
  ]);
  return { repository, ref, ...(now === undefined ? {} : { now }), tags };
}

/** Of the matrix, the cell's images are told apart by a suffix. */
export function withCell(name: string, cell: string | undefined): string {
  return cell === undefined ? name : `${name}-${cellTag(cell)}`;
}

/**
 * The first place that still has the image, those in the destination's registry before others. One that cannot be asked
 * is none: another may do, and without any the plan says that the image is gone.
 */
async function findSource(
  { ledger, registry }: Needs,
  release: Release,
  cell: string | undefined,
  destination: string | undefined,
  call: Call,
): Promise<AvailabilityFacts['sources']> {
  const places = ledger.places.of(release.workspaceId, release.id).filter((place) => place.cell === cell);
  const host = destination && registryHost(destination);
  const isNear = ({ repository }: { readonly repository: string }) => registryHost(repository) === host;
  // The oldest first: what is deployed elsewhere meanwhile makes no other plan.
  const oldest = places.toReversed();
  const sorted = [...oldest.filter(isNear), ...oldest.filter((place) => !isNear(place))];
  for (const { repository, digest } of sorted) {
    const there = await registry.resolve(`${repository}@${digest}`, call).catch(() => undefined);
    call.signal.throwIfAborted();
    if (there !== undefined) return [{ repository, digest, size: there.size }];
  }
  return [];
}
