import { useConnection, useSystem, useWorkspace } from '../stores/stores.tsx';
import type { Circumstances } from './refusals.ts';

export function useCircumstances(): Circumstances {
  return {
    workspace: useWorkspace((state) => state.current),
    status: useSystem((state) => state.status),
    isConnected: useConnection((state) => state.state.kind !== 'lost'),
  };
}
