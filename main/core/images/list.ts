import type { ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import type { ImageList, ImagePresence, ListedImage } from '#shared/domain/image-list.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Ports } from '../context.ts';
import { loadWorkspace } from '../open-workspace.ts';
import type { ListedImage as ImageOnEngine } from '../ports.ts';
import { summarise } from '../releases.ts';
import {
  createLedgerReader,
  isInRegistry,
  type LedgerFacts,
  type Placed,
} from '../retention/ledger-facts.ts';
import { lookAtRegistries, type RepositorySeen } from '../retention/seen.ts';

export type ImagesAsked = {
  readonly workspaceId: WorkspaceId;
  readonly limit: number;
  /** False asks no registry. */
  readonly registry: boolean;
};

/** Every release with where its images are now, what runs it and why it would stay. */
export async function listReleaseImages(
  ports: Ports,
  { workspaceId, limit, registry }: ImagesAsked,
  signal: AbortSignal,
): Promise<ImageList> {
  const workspace = await loadWorkspace(ports, workspaceId);
  const ledger = createLedgerReader(ports).read(workspaceId);
  const placed = [...ledger.placed.values()].flat().filter(isInRegistry);
  const [engine, registries] = await Promise.all([
    ports.engine.images(signal).then(
      (images) => ({ images, notes: [] }),
      (error: unknown) => {
        signal.throwIfAborted();
        return { images: undefined, notes: [error instanceof Error ? error.message : String(error)] };
      },
    ),
    registry
      ? lookAtRegistries(ports, workspace, signal, { running: [], placed })
      : { repositories: [], notes: [] },
  ]);
  const facts: Facts = {
    ledger,
    onEngine: engine.images,
    repositories: registries.repositories,
    isRegistryKnown: registry && registries.notes.length === 0,
  };
  return {
    images: ledger.releases.slice(0, limit).map((release) => listed(release, facts)),
    notes: [...engine.notes, ...registries.notes],
  };
}

type Facts = {
  readonly ledger: LedgerFacts;
  /** Absent where the engine does not answer. */
  readonly onEngine: readonly ImageOnEngine[] | undefined;
  readonly repositories: readonly RepositorySeen[];
  /** Whether every registry that could have it was asked and answered. */
  readonly isRegistryKnown: boolean;
};

function listed(release: Release, facts: Facts): ListedImage {
  const { ledger, onEngine } = facts;
  const { id } = release;
  const images = release.images.map(({ cell, image }) => {
    const { imageId } = image.identity;
    const here = onEngine?.find((one) => one.imageId === imageId);
    return {
      isHere: here !== undefined,
      shown: {
        ...(cell === undefined ? {} : { cell }),
        imageId,
        size: image.size,
        names: [...(here?.names ?? [])],
      },
    };
  });
  const places = placesOf(release, facts);
  const pin = ledger.pins.find((one) => one.release === id);
  return {
    release: summarise(release),
    presence: presence(
      images.every(({ isHere }) => isHere),
      places.length > 0,
      (ledger.placed.get(id) ?? []).filter(isInRegistry),
      facts,
    ),
    images: images.map(({ shown }) => shown),
    places,
    runsIn: ledger.environments.filter(({ runs }) => runs === id).map(({ name }) => name),
    wayBackOf: ledger.environments
      .filter(({ runs, wayBack }) => runs !== id && wayBack.includes(id))
      .map(({ name }) => name),
    ...(pin === undefined ? {} : { pin }),
    ...(release.adoptedFrom === undefined ? {} : { adoptedFrom: release.adoptedFrom }),
  };
}

function presence(
  isHere: boolean,
  isPlaced: boolean,
  recorded: readonly Placed[],
  { onEngine, isRegistryKnown }: Facts,
): ImagePresence {
  if (isHere) return 'here';
  if (isPlaced) return 'in-registry';
  // What was never put into a registry needs none to be asked.
  return onEngine !== undefined && (isRegistryKnown || recorded.length === 0) ? 'gone' : 'unknown';
}

/** Under its own name, or where runs recorded that it was put and its digest still is. */
function placesOf({ id, images }: Release, { ledger, repositories }: Facts): ListedImage['places'] {
  const own = ownTags(id, images);
  const recorded = new Set((ledger.placed.get(id) ?? []).map(({ digest }) => digest));
  return repositories.flatMap(({ name, manifests }) =>
    manifests
      .filter(({ tags, digest }) => recorded.has(digest) || tags.some((tag) => own.has(tag)))
      .map(({ tags, digest }) => {
        const tag = tags.find((one) => own.has(one)) ?? tags[0];
        return { ref: tag === undefined ? `${name}@${digest}` : `${name}:${tag}`, digest };
      }),
  );
}

function ownTags(id: ReleaseId, images: Release['images']): ReadonlySet<string> {
  const tags = images.map(({ tags: [own = ''] }) => own.slice(own.lastIndexOf(':') + 1));
  return new Set([id, ...tags]);
}
