import { createStore } from 'zustand/vanilla';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import type { RecentWorkspace, WorkspaceView } from '#shared/domain/workspace.ts';
import type { Client } from '../transport/client.ts';
import type { Trouble } from '../transport/trouble.ts';
import { toTrouble } from '../transport/trouble.ts';

export type WorkspaceState = {
  /** What this window looks at; absent before one was opened. */
  readonly current: WorkspaceView | undefined;
  readonly recent: readonly RecentWorkspace[];
  /** `starting`: not yet known whether there is a workspace to show. */
  readonly phase: 'starting' | 'none' | 'opening' | 'open';
  /** Why the last one could not be opened. */
  readonly trouble: Trouble | undefined;
  /** Opens a folder read-only. True when it is the current one now. */
  readonly openFolder: (folder: string) => Promise<boolean>;
  readonly openKnown: (id: WorkspaceId) => Promise<boolean>;
  readonly loadRecent: () => Promise<void>;
  /** Lets this workspace run its commands; answers with what went wrong. */
  readonly trust: () => Promise<Trouble | undefined>;
  /** A newer description of the current workspace, from the board. */
  readonly describe: (view: WorkspaceView) => void;
  readonly showNone: () => void;
};

/** A root folder has no name of its own. */
function named<Of extends { readonly name: string; readonly folder: string }>(of: Of): Of {
  return of.name === '' ? { ...of, name: of.folder } : of;
}

export function createWorkspaceStore(client: Client) {
  return createStore<WorkspaceState>()((set, get) => {
    const settle = async (ask: () => Promise<WorkspaceView>): Promise<boolean> => {
      const before = get().phase;
      set({ phase: 'opening', trouble: undefined });
      try {
        set({ current: named(await ask()), phase: 'open' });
        return true;
      } catch (error) {
        set({ phase: before === 'open' ? 'open' : 'none', trouble: toTrouble(error) });
        return false;
      }
    };
    return {
      current: undefined,
      recent: [],
      phase: 'starting',
      trouble: undefined,
      openFolder: (folder) => settle(() => client.workspaces.open({ folder })),
      openKnown: (id) => settle(() => client.workspaces.get({ workspaceId: id })),
      loadRecent: async () => set({ recent: (await client.workspaces.recent()).map(named) }),
      trust: async () => {
        const { current } = get();
        if (current === undefined) return undefined;
        try {
          set({ current: named(await client.workspaces.trust({ workspaceId: current.id })) });
          return undefined;
        } catch (error) {
          return toTrouble(error);
        }
      },
      describe: (view) => {
        if (get().current?.id === view.id) set({ current: named(view) });
      },
      showNone: () => set({ phase: 'none' }),
    };
  });
}
