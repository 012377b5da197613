import { createContext, use } from 'react';
import { useStore } from 'zustand';
import type { StoreApi } from 'zustand/vanilla';
import type { Transport } from '../transport/client.ts';
import type { BoardState, Timers } from './board-store.ts';
import { createBoardStore } from './board-store.ts';
import type { ConnectionStoreState } from './connection-store.ts';
import { createConnectionStore } from './connection-store.ts';
import { createDraftsStore } from './drafts-store.ts';
import type { NoticesState } from './notices-store.ts';
import { createNoticesStore } from './notices-store.ts';
import type { PreferencesState } from './preferences-store.ts';
import { createPreferencesStore } from './preferences-store.ts';
import type { RunsState } from './runs-store.ts';
import { createRunsStore } from './runs-store.ts';
import type { KeyValueStorage } from './storage.ts';
import type { SystemState } from './system-store.ts';
import { createSystemStore } from './system-store.ts';
import type { WorkspaceState } from './workspace-store.ts';
import { createWorkspaceStore } from './workspace-store.ts';

export type StorePorts = {
  readonly transport: Transport;
  /** Kept for this person on this machine. */
  readonly lasting: KeyValueStorage;
  /** Kept for this window only. */
  readonly passing: KeyValueStorage;
  readonly timers: Timers;
};

export type Stores = ReturnType<typeof createStores>;

/** One store per noun; none knows another. What must move together is moved by app/live-sync.ts. */
export function createStores({ transport, lasting, passing, timers }: StorePorts) {
  return {
    workspace: createWorkspaceStore(transport.client),
    board: createBoardStore(transport.client, timers),
    runs: createRunsStore(transport.client),
    system: createSystemStore(transport.client),
    connection: createConnectionStore(transport.connection),
    preferences: createPreferencesStore(lasting),
    notices: createNoticesStore(),
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

type Select<State> = <Part>(select: (state: State) => Part) => Part;

function selecting<State>(pick: (stores: Stores) => StoreApi<State>): Select<State> {
  return function useSelected(select) {
    return useStore(pick(useStores()), select);
  };
}

/** Each takes a selector that returns something stable: a field, not a new object. */
export const useWorkspace = selecting<WorkspaceState>((stores) => stores.workspace);
export const useBoard = selecting<BoardState>((stores) => stores.board);
export const useRuns = selecting<RunsState>((stores) => stores.runs);
export const useSystem = selecting<SystemState>((stores) => stores.system);
export const useConnection = selecting<ConnectionStoreState>((stores) => stores.connection);
export const usePreferences = selecting<PreferencesState>((stores) => stores.preferences);
export const useNotices = selecting<NoticesState>((stores) => stores.notices);

/** A text kept across views and reloads: `const [note, setNote] = useDraft('note:prod')`. */
export function useDraft(key: string, initial = ''): readonly [string, (text: string) => void] {
  const { drafts } = useStores();
  const text = useStore(drafts, (state) => state.drafts[key]);
  return [text ?? initial, (next) => drafts.getState().keep(key, next)];
}
