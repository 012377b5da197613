import { createStore } from 'zustand/vanilla';
import type { SystemStatus } from '#shared/domain/system.ts';
import type { Client } from '../transport/client.ts';
import type { Trouble } from '../transport/trouble.ts';
import { toTrouble } from '../transport/trouble.ts';

export type SystemState = {
  readonly status: SystemStatus | undefined;
  readonly trouble: Trouble | undefined;
  readonly refresh: () => Promise<void>;
};

export function createSystemStore(client: Client) {
  return createStore<SystemState>()((set) => ({
    status: undefined,
    trouble: undefined,
    refresh: async () => {
      try {
        set({ status: await client.system.status(), trouble: undefined });
      } catch (error) {
        set({ trouble: toTrouble(error) });
      }
    },
  }));
}
