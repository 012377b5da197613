import type { BoardEnvironment } from '#shared/domain/board.ts';
import type { RunId } from '#shared/domain/ids.ts';

/** The run that has the environment now: a change waits for its end. */
export function leasedTo({
  lease,
  currentRun,
}: Pick<BoardEnvironment, 'lease' | 'currentRun'>): RunId | undefined {
  return lease?.runId ?? currentRun?.id;
}
