import type { EnvironmentState } from '#shared/domain/environment-state.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { EnvironmentName, ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import type { ReleaseSummary } from '#shared/domain/plan.ts';
import { imageOf, type Release, type ReleaseImage } from '#shared/domain/release.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';

type Needs = Pick<Ports, 'ledger'>;

/** @param cell of the environment it is shown for; the first image where the release lacks it, or without one */
export function summarise(release: Release, cell?: string): ReleaseSummary {
  const { commit, branch, uncommittedFiles } = release.source;
  const { image, tags, cell: shown } = imageOf(release, cell) ?? release.images[0];
  return {
    id: release.id,
    version: release.version,
    ...(shown === undefined ? {} : { cell: shown }),
    imageId: image.identity.imageId,
    ref: tags[0] ?? image.identity.imageId,
    size: image.size,
    ...(commit === undefined ? {} : { commit }),
    ...(branch === undefined ? {} : { branch }),
    uncommittedFiles,
    builtAt: release.builtAt,
  };
}

/** What an environment would run of a release. Throws `release-unknown` when it has no image for the environment's cell. */
export function requireImageOf(
  release: Release,
  environment: Pick<Environment, 'name' | 'cell'>,
): ReleaseImage {
  const image = imageOf(release, environment.cell);
  if (image !== undefined) return image;
  throw new GantryError(
    'release-unknown',
    `${release.id} has no image for ${environment.cell}, which ${environment.name} runs.`,
    'Build again with that cell in build.matrix, or name another cell for the environment.',
  );
}

export function requireRelease(ports: Needs, workspaceId: WorkspaceId, id: ReleaseId): Release {
  const release = ports.ledger.releases.get(workspaceId, id);
  if (release !== undefined) return release;
  throw new GantryError(
    'release-unknown',
    `There is no release ${id}.`,
    'Take one that `gantry history` or the releases list shows.',
  );
}

export function newestRelease(ports: Needs, workspaceId: WorkspaceId): Release | undefined {
  return ports.ledger.releases.list(workspaceId, 1)[0];
}

/** What runs left in an environment, and whether they went forward or back. */
export type Stay = EnvironmentState & { readonly kind: 'forward' | 'back' };

const historyDepth = 200;

/** Newest first. */
export function staysOf(
  ports: Needs,
  workspaceId: WorkspaceId,
  environment: EnvironmentName,
  depth = historyDepth,
): Stay[] {
  return ports.ledger.environments.history(workspaceId, environment, depth).map((state) => ({
    ...state,
    kind: ports.ledger.runs.get(state.runId)?.kind === 'rollback' ? 'back' : 'forward',
  }));
}

/** Where "roll back" goes. @param stays newest first */
export function previousStay(stays: readonly Stay[]): Stay | undefined {
  return wayBack(stays).at(1);
}

/**
 * What runs now, and then where going back again and again leads. History is a stack: a deploy pushes, a rollback pops
 * down to what it restored, so that going back twice goes back two releases and never forward to the one that was left.
 *
 * @param stays newest first
 */
export function wayBack(stays: readonly Stay[]): readonly Stay[] {
  const stack: Stay[] = [];
  for (const stay of stays.toReversed()) {
    if (stay.kind === 'back') {
      const restored = stack.findLastIndex((below) => below.release === stay.release);
      stack.length = Math.max(restored, 0);
    } else if (stack.at(-1)?.release === stay.release) {
      stack.pop();
    }
    stack.push(stay);
  }
  return stack.reverse();
}
