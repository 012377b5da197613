import { useMemo } from 'react';
import type { Board } from '#shared/domain/board.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { useBoard, useRuns } from './stores.tsx';

/** The board without leases and runs that the live stream already saw end: the next board is a moment behind. */
export function withoutEnded(board: Board, views: ReadonlyMap<RunId, RunView>): Board {
  const isOver = (id: RunId | undefined): boolean => {
    const view = id === undefined ? undefined : views.get(id);
    return view !== undefined && view.state !== 'running';
  };
  if (!board.environments.some((each) => isOver(each.lease?.runId) || isOver(each.currentRun?.id)))
    return board;
  return {
    ...board,
    environments: board.environments.map((environment) => {
      const { lease, currentRun, ...rest } = environment;
      return {
        ...rest,
        ...(lease === undefined || isOver(lease.runId) ? {} : { lease }),
        ...(currentRun === undefined || isOver(currentRun.id) ? {} : { currentRun }),
      };
    }),
  };
}

/** The last board that came, as far as it still holds. */
export function useCurrentBoard(): Board | undefined {
  const board = useBoard((state) => state.board);
  const views = useRuns((state) => state.views);
  return useMemo(() => (board === undefined ? undefined : withoutEnded(board, views)), [board, views]);
}
