import type { Board, BoardEnvironment, Gap } from '#shared/domain/board.ts';
import type { SystemStatus } from '#shared/domain/system.ts';
import type { WorkspaceView } from '#shared/domain/workspace.ts';
import { count } from '../ui/format.ts';

/** What every answer to "may this be done now?" rests on. */
export type Circumstances = {
  readonly workspace: WorkspaceView | undefined;
  readonly status: SystemStatus | undefined;
  readonly isConnected: boolean;
};

/** `untrusted` is said once, above the board; every other reason stands beside the button it belongs to. */
export type Refusal = { readonly kind: 'untrusted' | 'here'; readonly reason: string };

const here = (reason: string): Refusal => ({ kind: 'here', reason });

/** Why nothing that changes the world can be started in this workspace now. */
export function refuseAnyRun({ workspace, isConnected }: Circumstances): Refusal | undefined {
  if (!isConnected) return here('Gantry is not answering');
  if (workspace === undefined) return here('No workspace is open');
  if (workspace.problems.length > 0)
    return here(`${count(workspace.problems.length, 'problem')} in its description`);
  if (!workspace.trusted) return { kind: 'untrusted', reason: 'The workspace is not trusted' };
  return undefined;
}

export function refuseBuild(around: Circumstances): Refusal | undefined {
  const refusal = refuseAnyRun(around);
  if (refusal !== undefined) return refusal;
  return around.status?.engine.kind === 'unreachable' ? here('Docker is not answering') : undefined;
}

function refuseChange(environment: BoardEnvironment, around: Circumstances): Refusal | undefined {
  const refusal = refuseAnyRun(around);
  if (refusal !== undefined) return refusal;
  if (environment.lease !== undefined) return here(`Leased to run ${environment.lease.runId}`);
  if (environment.currentRun !== undefined) return here(`Leased to run ${environment.currentRun.id}`);
  if (environment.hold !== undefined) return here('On hold');
  return undefined;
}

export function refuseDeploy(
  board: Pick<Board, 'newestRelease'>,
  environment: BoardEnvironment,
  around: Circumstances,
): Refusal | undefined {
  const refusal = refuseChange(environment, around);
  if (refusal !== undefined) return refusal;
  return board.newestRelease === undefined ? here('Nothing is built yet') : undefined;
}

export function refuseRollback(environment: BoardEnvironment, around: Circumstances): Refusal | undefined {
  const refusal = refuseChange(environment, around);
  if (refusal !== undefined) return refusal;
  return environment.rollbackTo === undefined ? here('Nothing earlier') : undefined;
}

/** A closed gate or a missing key does not refuse here: the plan opens and says what is in the way. */
export function refusePromotion(
  gap: Gap,
  right: BoardEnvironment,
  around: Circumstances,
): Refusal | undefined {
  const refusal = refuseChange(right, around);
  if (refusal !== undefined) return refusal;
  if (gap.relation === 'nothing') return here(`${gap.left} is empty`);
  return gap.relation === 'in-sync' ? here('Same release') : undefined;
}

export function refuseHold(environment: BoardEnvironment, around: Circumstances): Refusal | undefined {
  if (!around.isConnected) return here('Gantry is not answering');
  return environment.hold === undefined ? undefined : here('On hold already');
}

export function refuseLift(environment: BoardEnvironment, around: Circumstances): Refusal | undefined {
  if (!around.isConnected) return here('Gantry is not answering');
  return environment.hold === undefined ? here('Not on hold') : undefined;
}
