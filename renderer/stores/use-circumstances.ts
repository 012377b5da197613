import type { RunSummary } from '#shared/domain/run.ts';
import type { Circumstances } from './refusals.ts';
import { useBoard, useConnection, useRuns, useSystem, useWorkspace } from './stores.tsx';

/** The build that runs now, as fresh as the live stream has it. */
export function useRunningBuild(): RunSummary | undefined {
  const recent = useRuns((state) => state.recent);
  const fromBoard = useBoard((state) => state.board?.build);
  const live = recent.find((run) => run.kind === 'build' && run.state === 'running');
  if (live !== undefined) return live;
  // The board lags a moment behind a run that was seen to end.
  return recent.some((run) => run.id === fromBoard?.id) ? undefined : fromBoard;
}

export function useCircumstances(): Circumstances {
  return {
    workspace: useWorkspace((state) => state.current),
    status: useSystem((state) => state.status),
    isConnected: useConnection((state) => state.state.kind !== 'lost'),
    building: useRunningBuild()?.id,
  };
}
