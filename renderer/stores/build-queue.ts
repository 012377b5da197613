import { useMemo } from 'react';
import type { RunId } from '#shared/domain/ids.ts';
import { runIdSchema } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { useBoard, useRuns } from './stores.tsx';

/** The builds of a workspace that go on: the one that works, and those that wait for their turn, first come first. */
export type BuildQueue = {
  readonly building: RunSummary | undefined;
  readonly waiting: readonly RunSummary[];
};

/** The run whose end a queued build waits for: that is its first step, and says so. */
export function waitsFor(
  run: Pick<RunSummary, 'kind' | 'state' | 'summary' | 'stepsDone'>,
): RunId | undefined {
  if (run.kind !== 'build' || run.state !== 'running' || run.stepsDone > 0) return undefined;
  const id = /^Wait for run (\d+)$/.exec(run.summary)?.[1];
  return id === undefined ? undefined : runIdSchema.parse(Number(id));
}

export function buildQueue(recent: readonly RunSummary[], fromBoard: RunSummary | undefined): BuildQueue {
  const going = recent.filter((run) => run.kind === 'build' && run.state === 'running');
  const waiting = going.filter((run) => waitsFor(run) !== undefined);
  const building = going.find((run) => !waiting.includes(run));
  // The board lags a moment behind a run that was seen to end.
  const isStale = recent.some((run) => run.id === fromBoard?.id);
  return {
    building: building ?? (isStale ? undefined : fromBoard),
    waiting: waiting.toSorted((one, other) => one.id - other.id),
  };
}

export function useBuildQueue(): BuildQueue {
  const recent = useRuns((state) => state.recent);
  const fromBoard = useBoard((state) => state.board?.build);
  return useMemo(() => buildQueue(recent, fromBoard), [recent, fromBoard]);
}
