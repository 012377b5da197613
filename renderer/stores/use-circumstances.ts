import { useBuildQueue } from './build-queue.ts';
import type { Circumstances } from './refusals.ts';
import { useConnection, useSystem, useWorkspace } from './stores.tsx';

export function useCircumstances(): Circumstances {
  return {
    workspace: useWorkspace((state) => state.current),
    status: useSystem((state) => state.status),
    isConnected: useConnection((state) => state.state.kind !== 'lost'),
    building: useBuildQueue().building?.id,
  };
}
