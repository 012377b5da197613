import type { EnvironmentState } from '#shared/domain/environment-state.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { EnvironmentName, ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import type { ReleaseSummary } from '#shared/domain/plan.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Ports } from './context.ts';

type Needs = Pick<Ports, 'ledger'>;

export function summarise(release: Release): ReleaseSummary {
  const { commit, branch, uncommittedFiles } = release.source;
  return {
    id: release.id,
    version: release.version,
    imageId: release.image.identity.imageId,
    ref: ownTag(release),
    size: release.image.size,
    ...(commit === undefined ? {} : { commit }),
    ...(branch === undefined ? {} : { branch }),
    uncommittedFiles,
    builtAt: release.builtAt,
  };
}

/** The tag that never moves: the schema promises at least one. */
export function ownTag(release: Release): string {
  return release.tags[0] ?? release.image.identity.imageId;
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

export function staysOf(ports: Needs, workspaceId: WorkspaceId, environment: EnvironmentName): Stay[] {
  return ports.ledger.environments.history(workspaceId, environment, historyDepth).map((state) => ({
    ...state,
    kind: ports.ledger.runs.get(state.runId)?.kind === 'rollback' ? 'back' : 'forward',
  }));
}

/**
 * Where "roll back" goes. History is a stack: a deploy pushes, a rollback pops down to what it restored, so that going
 * back twice goes back two releases and never forward to the one that was left.
 *
 * @param stays newest first
 */
export function previousStay(stays: readonly Stay[]): Stay | undefined {
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
  return stack.at(-2);
}
