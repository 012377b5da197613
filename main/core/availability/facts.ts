import type { ReleaseId } from '#shared/domain/ids.ts';
import { cellTag } from '#shared/domain/matrix.ts';
import type { Release, ReleaseImage } from '#shared/domain/release.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from '../context.ts';
import type { OpenWorkspace } from '../open-workspace.ts';
import type { RemoteImage, Target } from '../ports.ts';
import { requireImageOf } from '../releases.ts';
import { placeOf } from '../target-io.ts';
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
  readonly isOnEngine: boolean;
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

type Needs = Pick<Ports, 'engine' | 'registry' | 'ledger' | 'targets'>;

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
  return readImagePlace(
    ports,
    workspace,
    release,
    {
      place: environment.name,
      image,
      needs: target.needsImage,
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
  { place, image: wanted, needs, platform, repository, names = [] }: WantedPlace,
  signal: AbortSignal,
): Promise<AvailabilityFacts> {
  const { image, tags, cell } = wanted;
  const { imageId, configDigest } = image.identity;
  const call = { signal, insecure: workspace.config.registry.insecure };
  const onEngine = ports.engine.image(imageId, signal).then((found) => found !== undefined);
  const [isOnEngine, destination, sources] = await Promise.all([
    onEngine,
    repository === undefined
      ? undefined
      : readDestination(ports, repository, ownRemoteTag(release, cell), names, call),
    // Without a repository, and with the image here, no registry is asked anything: a deploy works offline.
    repository === undefined && (await onEngine) ? [] : findSource(ports, release, cell, repository, call),
  ]);
  return {
    environment: place,
    release: release.id,
    ...(release.source.commit === undefined ? {} : { commit: release.source.commit.sha }),
    ...(cell === undefined ? {} : { cell }),
    image: {
      imageId,
      ...(configDigest === undefined ? {} : { configDigest }),
      size: image.size,
      ref: tags[0] ?? imageId,
      platforms: image.platforms ?? [image.platform],
    },
    needs,
    isOnEngine,
    ...(platform === undefined ? {} : { platform }),
    ...(destination === undefined ? {} : { destination }),
    sources,
  };
}

/** Where an environment's images are put; absent where they stay on the engine. */
function repositoryOf(
  { config }: Pick<OpenWorkspace, 'config'>,
  { target: { config: settings }, repository }: Environment,
  target: Target,
): string | undefined {
  const own = target.repository?.(settings) ?? repository;
  return own ?? (target.needsImage === 'registry' ? config.registry.repository : undefined);
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
