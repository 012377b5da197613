import { GantryError } from '#shared/domain/errors.ts';
import type { PlanEnv, PlanRequest } from '#shared/domain/plan.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';
import { environmentBefore, environmentOf, type OpenWorkspace } from './open-workspace.ts';
import { newestRelease, previousStay, requireRelease, staysOf } from './releases.ts';

export type Chosen = {
  readonly release: Release;
  readonly env: { readonly kind: 'file' } | Extract<PlanEnv, { kind: 'snapshot' }>;
};

/** The environment that the release comes from; undefined for a deploy to the first one. */
export function fromEnvironment(
  workspace: OpenWorkspace,
  asked: PlanRequest,
  environment: Environment,
): Environment | undefined {
  const before = environmentBefore(workspace, environment.name);
  if (asked.kind !== 'promote') return before;
  const from = asked.from === undefined ? before : environmentOf(workspace, asked.from);
  if (from !== undefined && from.name !== environment.name) return from;
  throw new GantryError(
    'usage',
    `${environment.name} is the first environment, so nothing is promoted to it.`,
    `Deploy to it: gantry deploy ${environment.name}`,
  );
}

/** Which release, and which env, a request means at this moment. */
export function choose(
  ports: Ports,
  workspace: OpenWorkspace,
  environment: Environment,
  before: Environment | undefined,
  asked: PlanRequest,
): Chosen {
  if (asked.kind === 'rollback') return chooseRollback(ports, workspace, environment, asked);
  if (asked.release !== undefined) {
    return { release: requireRelease(ports, workspace.id, asked.release), env: { kind: 'file' } };
  }
  if (asked.kind === 'deploy') {
    const newest = newestRelease(ports, workspace.id);
    if (newest !== undefined) return { release: newest, env: { kind: 'file' } };
    throw new GantryError('release-unknown', 'Nothing has been built yet.', 'Build first: gantry build');
  }
  const from = before?.name ?? environment.name;
  const state = ports.ledger.environments.state(workspace.id, from);
  if (state !== undefined) {
    return { release: requireRelease(ports, workspace.id, state.release), env: { kind: 'file' } };
  }
  throw new GantryError('release-unknown', `Nothing runs in ${from} yet.`, `Deploy to ${from} first.`);
}

function chooseRollback(
  ports: Ports,
  workspace: OpenWorkspace,
  environment: Environment,
  asked: PlanRequest,
): Chosen {
  const stays = staysOf(ports, workspace.id, environment.name);
  const stay =
    asked.release === undefined
      ? previousStay(stays)
      : stays.find((candidate) => candidate.release === asked.release);
  if (stay === undefined) {
    throw new GantryError(
      'nothing-to-roll-back-to',
      asked.release === undefined
        ? `Nothing ran in ${environment.name} before what runs now.`
        : `${asked.release} never ran in ${environment.name}.`,
      'A rollback restores what ran here before; to run another release, deploy or promote it.',
    );
  }
  const snapshot = asked.envSnapshot ?? stay.envSnapshot;
  return {
    release: requireRelease(ports, workspace.id, stay.release),
    env: snapshot === undefined ? { kind: 'file' } : { kind: 'snapshot', id: snapshot, takenAt: stay.at },
  };
}
