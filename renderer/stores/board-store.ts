import { createStore } from 'zustand/vanilla';
import type { Board } from '#shared/domain/board.ts';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { Client } from '../transport/client.ts';
import type { Trouble } from '../transport/trouble.ts';
import { toTrouble } from '../transport/trouble.ts';

/** What a target said when it last answered, by environment. */
export type LastSeen = Readonly<Record<string, Exclude<Observed, { kind: 'unreachable' }>>>;

export type BoardState = {
  readonly workspaceId: WorkspaceId | undefined;
  /** The last board that came; stays while the next one is asked for. */
  readonly board: Board | undefined;
  /** When the targets were last asked; absent while the board shows the ledger alone. */
  readonly observedAt: number | undefined;
  readonly lastSeen: LastSeen;
  readonly observing: boolean;
  readonly trouble: Trouble | undefined;
  /** Another workspace: what was shown goes. The ledger's facts come first, then the targets'. */
  readonly show: (workspaceId: WorkspaceId) => Promise<void>;
  readonly observe: () => Promise<void>;
  /** The same, without a word of it until the answer has come. */
  readonly observeQuietly: () => Promise<void>;
  /** Something may have changed: asks again soon, once for many such words. */
  readonly markStale: () => void;
};

/** Long enough for the burst of events around a step, short enough to feel live. */
const DEBOUNCE_MS = 250;

export type Timers = {
  readonly set: (run: () => void, ms: number) => unknown;
  readonly clear: (timer: unknown) => void;
};

const nothing = { board: undefined, observedAt: undefined, lastSeen: {}, trouble: undefined } as const;

export function createBoardStore(client: Client, timers: Timers) {
  return createStore<BoardState>()((set, get) => {
    // Answers may overtake each other; only the newest question's answer counts.
    let asked = 0;
    let shown = 0;
    let pending: unknown;

    const load = async (observe: boolean, isQuiet = false): Promise<void> => {
      const { workspaceId } = get();
      if (workspaceId === undefined) return;
      asked += 1;
      const mine = asked;
      if (observe && !isQuiet) set({ observing: true });
      try {
        const board = await client.board.get({ workspaceId, observe });
        if (get().workspaceId !== workspaceId || mine < shown) return;
        shown = mine;
        set({
          board,
          trouble: undefined,
          ...(observe ? { observedAt: board.at, lastSeen: remember(get().lastSeen, board) } : {}),
        });
      } catch (error) {
        if (get().workspaceId === workspaceId && mine > shown) set({ trouble: toTrouble(error) });
      } finally {
        if (observe && mine === asked) set({ observing: false });
      }
    };

    return {
      workspaceId: undefined,
      ...nothing,
      observing: false,
      show: async (workspaceId) => {
        if (get().workspaceId !== workspaceId) set({ workspaceId, ...nothing });
        // Both at once: the first paint waits for SQLite, not for a target at the other end of the world.
        const first = get().board === undefined ? load(false) : Promise.resolve();
        await Promise.all([first, load(true)]);
      },
      observe: () => load(true),
      observeQuietly: () => load(true, true),
      markStale: () => {
        if (pending !== undefined) timers.clear(pending);
        pending = timers.set(() => {
          pending = undefined;
          void load(true);
        }, DEBOUNCE_MS);
      },
    };
  });
}

function remember(before: LastSeen, board: Board): LastSeen {
  const answered = board.environments.flatMap(({ name, observed }) =>
    observed.kind === 'unreachable' ? [] : [[name, observed] as const],
  );
  return { ...before, ...Object.fromEntries(answered) };
}
