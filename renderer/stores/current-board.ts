import { useMemo } from 'react';
import type { Board } from '#shared/domain/board.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { useBoard, useRuns } from './stores.tsx';

/** Runs that the board still shows as holding an environment, although the live stream saw them end. */
export function endedRuns(board: Board, views: ReadonlyMap<RunId, RunView>): readonly RunId[] {
  return board.environments
    .flatMap(({ lease, currentRun }) => [lease?.runId ?? [], currentRun?.id ?? []].flat())
    .filter((id) => {
      const view = views.get(id);
      return view !== undefined && view.state !== 'running';
    });
}

export function withoutRuns(board: Board, ended: readonly RunId[]): Board {
  if (ended.length === 0) return board;
  return {
    ...board,
    environments: board.environments.map((environment) => {
      const { lease, currentRun, ...rest } = environment;
      return {
        ...rest,
        ...(lease === undefined || ended.includes(lease.runId) ? {} : { lease }),
        ...(currentRun === undefined || ended.includes(currentRun.id) ? {} : { currentRun }),
      };
    }),
  };
}

/** The last board that came, as far as it still holds: the next one is always a moment behind the stream. */
export function useCurrentBoard(): Board | undefined {
  const board = useBoard((state) => state.board);
  // A text, so that events which end nothing render nothing.
  const ended = useRuns((state) => (board === undefined ? '' : endedRuns(board, state.views).join()));
  return useMemo(() => {
    if (board === undefined || ended === '') return board;
    const ids = ended.split(',').map(Number);
    return withoutRuns(
      board,
      ids.filter((id): id is RunId => id > 0),
    );
  }, [board, ended]);
}
