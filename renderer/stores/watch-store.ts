import { createStore } from 'zustand/vanilla';
import type { EnvironmentName, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import type { Client } from '../transport/client.ts';

export type WatchStoreState = {
  readonly workspaceId: WorkspaceId | undefined;
  /** What the process says of its loop: it lives there, not in this window. Undefined until it was asked. */
  readonly watch: WatchState | undefined;
  /** Runs that the loop started, as far as this window was told. */
  readonly ownRuns: ReadonlySet<RunId>;
  /** It was asked to begin or to end, and has not answered. */
  readonly isChanging: boolean;
  readonly show: (workspaceId: WorkspaceId) => Promise<void>;
  /** From the live stream. */
  readonly tell: (workspaceId: WorkspaceId, watch: WatchState) => void;
  /** `null`: builds and tests only. Undefined: the environment that gantry.yml names. Throws what the call throws. */
  readonly start: (environment?: EnvironmentName | null) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export function createWatchStore(client: Client) {
  return createStore<WatchStoreState>()((set, get) => {
    // An answer that the stream has overtaken is old.
    let told = 0;
    const put = (watch: WatchState): void => {
      const runId = watch.kind === 'on' ? watch.runId : undefined;
      const { ownRuns } = get();
      set({ watch, ...(runId === undefined ? {} : { ownRuns: new Set([...ownRuns, runId]) }) });
    };
    const settle = async (workspaceId: WorkspaceId, ask: () => Promise<WatchState>): Promise<void> => {
      const before = told;
      const watch = await ask();
      if (get().workspaceId === workspaceId && told === before) put(watch);
    };
    const change = async (ask: (workspaceId: WorkspaceId) => Promise<WatchState>): Promise<void> => {
      const { workspaceId } = get();
      if (workspaceId === undefined) return;
      set({ isChanging: true });
      try {
        await settle(workspaceId, () => ask(workspaceId));
      } finally {
        set({ isChanging: false });
      }
    };
    return {
      workspaceId: undefined,
      watch: undefined,
      ownRuns: new Set(),
      isChanging: false,
      show: async (workspaceId) => {
        if (get().workspaceId !== workspaceId) set({ workspaceId, watch: undefined, ownRuns: new Set() });
        // Not known is shown as off; the stream and the next look may tell more.
        await settle(workspaceId, () => client.watch.get({ workspaceId })).catch(() => undefined);
      },
      tell: (workspaceId, watch) => {
        if (get().workspaceId !== workspaceId) return;
        told += 1;
        put(watch);
      },
      start: (environment) =>
        change((workspaceId) =>
          client.watch.start({ workspaceId, ...(environment === undefined ? {} : { environment }) }),
        ),
      stop: () => change((workspaceId) => client.watch.stop({ workspaceId })),
    };
  });
}
