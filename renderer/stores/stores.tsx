import { createContext, use } from 'react';
import { useStore } from 'zustand';
import type { Transport } from '../transport/client.ts';
import type { BoardState, Timers } from './board-store.ts';
import { createBoardStore } from './board-store.ts';
import type { ConnectionStoreState } from './connection-store.ts';
import { createConnectionStore } from './connection-store.ts';
import type { ContentsState } from './contents-store.ts';
import { createContentsStore } from './contents-store.ts';
import { createDraftsStore } from './drafts-store.ts';
import type { NoticesState } from './notices-store.ts';
import { createNoticesStore } from './notices-store.ts';
import type { PreferencesState, ThemePort } from './preferences-store.ts';
import { createPreferencesStore } from './preferences-store.ts';
import type { RunsState } from './runs-store.ts';
import { createRunsStore } from './runs-store.ts';
import type { KeyValueStorage } from './storage.ts';
import type { SystemState } from './system-store.ts';
import { createSystemStore } from './system-store.ts';
import type { WatchStoreState } from './watch-store.ts';
import { createWatchStore } from './watch-store.ts';
import type { WorkspaceState } from './workspace-store.ts';
import { createWorkspaceStore } from './workspace-store.ts';

export type StorePorts = {
  readonly transport: Transport;
  /** Kept for this person on this machine. */
  readonly lasting: KeyValueStorage;
  readonly theme: ThemePort;
  /** Kept for this window only. */
  readonly passing: KeyValueStorage;
  readonly timers: Timers;
};

export type Stores = ReturnType<typeof createStores>;

/** One store per noun; none knows another. What must move together is moved by app/live-sync.ts. */
export function createStores({ transport, lasting, passing, theme, timers }: StorePorts) {
  return {
    workspace: createWorkspaceStore(transport.client),
    board: createBoardStore(transport.client, timers),
    runs: createRunsStore(transport.client),
    system: createSystemStore(transport.client),
    watch: createWatchStore(transport.client),
    connection: createConnectionStore(transport.connection),
    preferences: createPreferencesStore(lasting, passing, theme),
    notices: createNoticesStore(),
    contents: createContentsStore(),
    drafts: createDraftsStore(passing),
  };
}

const StoresContext = createContext<Stores | undefined>(undefined);

export const StoresProvider = StoresContext;

/** The stores themselves, to read or act outside of rendering: `stores.runs.getState().ensure(id)`. */
export function useStores(): Stores {
  const stores = use(StoresContext);
  if (stores === undefined) throw new Error('useStores outside of StoresProvider');
  return stores;
}

/** Each takes a selector that returns something stable: a field, not a new object. */
export function useWorkspace<Part>(select: (state: WorkspaceState) => Part): Part {
  return useStore(useStores().workspace, select);
}
export function useBoard<Part>(select: (state: BoardState) => Part): Part {
  return useStore(useStores().board, select);
}
export function useRuns<Part>(select: (state: RunsState) => Part): Part {
  return useStore(useStores().runs, select);
}
export function useSystem<Part>(select: (state: SystemState) => Part): Part {
  return useStore(useStores().system, select);
}
export function useWatch<Part>(select: (state: WatchStoreState) => Part): Part {
  return useStore(useStores().watch, select);
}
export function useConnection<Part>(select: (state: ConnectionStoreState) => Part): Part {
  return useStore(useStores().connection, select);
}
export function usePreferences<Part>(select: (state: PreferencesState) => Part): Part {
  return useStore(useStores().preferences, select);
}
export function useNotices<Part>(select: (state: NoticesState) => Part): Part {
  return useStore(useStores().notices, select);
}

export function useContentsStore<Part>(select: (state: ContentsState) => Part): Part {
  return useStore(useStores().contents, select);
}

/** A text kept across views and reloads: `const [note, setNote] = useDraft('note:prod')`. */
export function useDraft(key: string, initial = ''): readonly [string, (text: string) => void] {
  const { drafts } = useStores();
  const text = useStore(drafts, (state) => state.drafts[key]);
  return [text ?? initial, (next) => drafts.getState().keep(key, next)];
}
