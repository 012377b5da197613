import { GantryError } from '#shared/domain/errors.ts';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import type { ImageComparison } from '#shared/domain/image-contents.ts';
import type { Release } from '#shared/domain/release.ts';
import { cellOf, releaseImageIn, resolveSide, type Side } from './compare.ts';
import type { Ports } from './context.ts';
import { loadWorkspace, type OpenWorkspace } from './open-workspace.ts';
import type { ImagePlace } from './ports/ledger.ts';
import { summarise } from './releases.ts';

export type Sides = {
  readonly workspaceId: WorkspaceId;
  readonly left: string;
  readonly right: string;
  /** See `ImageContents.compare`. */
  readonly whole: boolean;
};

/** What is inside the images of any two environments or releases. On the left nothing may run yet. */
export async function compareReleaseImages(
  ports: Ports,
  { workspaceId, left, right, whole }: Sides,
  signal?: AbortSignal,
): Promise<ImageComparison> {
  const workspace = await loadWorkspace(ports, workspaceId);
  const [from, to] = [resolveSide(ports, workspace, left), resolveSide(ports, workspace, right)];
  if (to.release === undefined) {
    throw new GantryError(
      'release-unknown',
      `Nothing runs in ${right} yet.`,
      `Deploy to ${right} first, or name a release.`,
    );
  }
  const before = from.release && imageToCompare(ports, workspace, from.release, from, to);
  const after = imageToCompare(ports, workspace, to.release, to, from);
  const { insecure } = workspace.config.registry;
  const call = { insecure, whole, ...(signal === undefined ? {} : { signal }) };
  const contents = await ports.imageContents.compare(before, after, call);
  return {
    left: {
      name: left,
      ...(from.release === undefined
        ? {}
        : { release: summarise(from.release, cellOf(workspace, from.environment)) }),
    },
    right: { name: right, release: summarise(to.release, cellOf(workspace, to.environment)) },
    contents,
  };
}

/** A release by itself stands for what it would run in the environment that it is compared with. */
function imageToCompare(
  { ledger }: Ports,
  workspace: OpenWorkspace,
  release: Release,
  side: Side,
  other: Side,
): ImageFacts {
  const { cell, image } = releaseImageIn(release, workspace, side.environment ?? other.environment);
  const pushed = ledger.places.of(workspace.id, release.id).filter((place) => place.cell === cell);
  return withPlaces(image, pushed);
}

/**
 * Where an image was pushed to is no part of its facts, which are of when it was built. What a registry confirmed then is
 * newer than what an engine said of the same repository.
 */
export function withPlaces(image: ImageFacts, pushed: readonly ImagePlace[]): ImageFacts {
  const { identity } = image;
  const confirmed = pushed.map(({ repository, digest }) => [repository, digest] as const);
  const manifestDigests = { ...identity.manifestDigests, ...Object.fromEntries(confirmed) };
  return { ...image, identity: { ...identity, manifestDigests } };
}
