import type { Board, BoardEnvironment, Gap } from '#shared/domain/board.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { SystemStatus } from '#shared/domain/system.ts';
import type { WorkspaceView } from '#shared/domain/workspace.ts';
import { noticeIds } from './notice-ids.ts';

/** What every answer to "may this be done now?" rests on. */
export type Circumstances = {
  readonly workspace: WorkspaceView | undefined;
  readonly status: SystemStatus | undefined;
  readonly isConnected: boolean;
  /** The build that runs now. */
  readonly building: RunId | undefined;
};

/** `here`: the reason stands beside the button. `above`: it is true of everything, and said once above the view. */
export type Refusal =
  | { readonly kind: 'here'; readonly reason: string }
  | { readonly kind: 'above'; readonly reason: string; readonly noticeId: string };

const here = (reason: string): Refusal => ({ kind: 'here', reason });
const above = (notice: keyof typeof noticeIds, reason: string): Refusal => ({
  kind: 'above',
  reason,
  noticeId: noticeIds[notice],
});
const disconnected = above('connection', 'Gantry is not answering');
const engineless = above('engine', 'Docker is not answering');

/** Why nothing that changes the world can be started in this workspace now. */
export function refuseAnyRun({ workspace, isConnected }: Circumstances): Refusal | undefined {
  if (!isConnected) return disconnected;
  if (workspace === undefined) return here('No workspace is open');
  const { problems, trusted } = workspace;
  if (problems.length > 0) return above('problems', 'The workspace’s description has problems');
  if (!trusted) return above('trust', 'The workspace is not trusted');
  return undefined;
}

/** A build that goes on refuses no other: that one waits for its turn. */
export function refuseBuild(around: Circumstances): Refusal | undefined {
  const refusal = refuseAnyRun(around);
  if (refusal !== undefined) return refusal;
  return around.status?.engine.kind === 'unreachable' ? engineless : undefined;
}

/** Where what would be built is most likely what is being built. */
export function refuseSecondBuild(around: Circumstances): Refusal | undefined {
  const refusal = refuseBuild(around);
  if (refusal !== undefined) return refusal;
  return around.building === undefined ? undefined : here(`Run ${around.building} is building`);
}

/** A run that has the environment refuses nothing here: the plan's dialog waits for its end. */
function refuseChange(environment: BoardEnvironment, around: Circumstances): Refusal | undefined {
  const refusal = refuseAnyRun(around);
  if (refusal !== undefined) return refusal;
  const needsEngine = environment.target.kind === 'compose';
  return needsEngine && around.status?.engine.kind === 'unreachable' ? engineless : undefined;
}

function refuseArrival(environment: BoardEnvironment, around: Circumstances): Refusal | undefined {
  const refusal = refuseChange(environment, around);
  if (refusal !== undefined) return refusal;
  return environment.hold === undefined ? undefined : here('On hold');
}

export function refuseDeploy(
  board: Pick<Board, 'newestRelease'>,
  environment: BoardEnvironment,
  around: Circumstances,
): Refusal | undefined {
  const refusal = refuseArrival(environment, around);
  if (refusal !== undefined) return refusal;
  return board.newestRelease === undefined ? here('Nothing is built yet') : undefined;
}

/** A hold keeps new releases out; the way back stays open. */
export function refuseRollback(environment: BoardEnvironment, around: Circumstances): Refusal | undefined {
  const refusal = refuseChange(environment, around);
  if (refusal !== undefined) return refusal;
  if (environment.rollbackTo === undefined) return here('Nothing earlier');
  const { image, id } = environment.rollbackTo;
  return image === 'gone' ? here(`The image of ${id} is gone`) : undefined;
}

/** A closed gate or a missing key does not refuse here: the plan opens and says what is in the way. */
export function refusePromotion(
  gap: Gap,
  right: BoardEnvironment,
  around: Circumstances,
): Refusal | undefined {
  const refusal = refuseArrival(right, around);
  if (refusal !== undefined) return refusal;
  if (gap.relation === 'nothing') return here(`${gap.left} is empty`);
  return gap.relation === 'in-sync' ? here('Same release') : undefined;
}

export function refuseHold(environment: BoardEnvironment, around: Circumstances): Refusal | undefined {
  if (!around.isConnected) return disconnected;
  return environment.hold === undefined ? undefined : here('On hold already');
}

export function refuseLift(environment: BoardEnvironment, around: Circumstances): Refusal | undefined {
  if (!around.isConnected) return disconnected;
  return environment.hold === undefined ? here('Not on hold') : undefined;
}
