import { shallow } from 'zustand/shallow';
import { createStore } from 'zustand/vanilla';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RecordedEvent } from '#shared/domain/run-events.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { foldRun, reduceRun, toSummary } from '#shared/domain/run-reducer.ts';
import type { Client } from '../transport/client.ts';
import type { Trouble } from '../transport/trouble.ts';
import { toTrouble } from '../transport/trouble.ts';

export type RunsState = {
  readonly workspaceId: WorkspaceId | undefined;
  /** The newest runs as lists show them, newest first; folded events win over what the list said. */
  readonly recent: readonly RunSummary[];
  /** False until the list was answered once: then "no runs" is a fact. */
  readonly known: boolean;
  /** Whole runs, folded from their events: those running, and those a view asked for. */
  readonly views: ReadonlyMap<RunId, RunView>;
  /** Highest `seq` seen: where a subscription goes on after the wire broke. */
  readonly lastSeq: number | undefined;
  readonly trouble: Trouble | undefined;
  readonly show: (workspaceId: WorkspaceId) => Promise<void>;
  /** Brings a whole run and keeps it; cheap when it is already here. Throws what the call throws. */
  readonly ensure: (runId: RunId) => Promise<RunView | undefined>;
  readonly fold: (recorded: RecordedEvent) => void;
};

/** What the board's list and its filters count over. */
const RECENT_LIMIT = 50;

export function createRunsStore(client: Client) {
  return createStore<RunsState>()((set, get) => {
    const fetching = new Map<RunId, Promise<RunView | undefined>>();

    const keep = (view: RunView): void => {
      const known = get().views.get(view.id);
      // Live events may have overtaken the answer.
      if (known !== undefined && known.lastEvent >= view.lastEvent) return;
      set((state) => ({
        views: new Map(state.views).set(view.id, view),
        recent: withSummary(state.recent, toSummary(view)),
      }));
    };

    const fetchWhole = async (runId: RunId): Promise<RunView | undefined> => {
      const { events } = await client.runs.get({ runId });
      const view = foldRun(events);
      if (view !== undefined) keep(view);
      const last = events.at(-1)?.seq;
      if (last !== undefined) set((state) => ({ lastSeq: Math.max(state.lastSeq ?? 0, last) }));
      return get().views.get(runId) ?? view;
    };

    const bring = (runId: RunId): Promise<RunView | undefined> => {
      const under = fetching.get(runId);
      if (under !== undefined) return under;
      const asked = fetchWhole(runId).finally(() => fetching.delete(runId));
      fetching.set(runId, asked);
      return asked;
    };

    return {
      workspaceId: undefined,
      recent: [],
      known: false,
      views: new Map(),
      lastSeq: undefined,
      trouble: undefined,
      show: async (workspaceId) => {
        if (get().workspaceId !== workspaceId) {
          set({ workspaceId, recent: [], known: false, views: new Map(), lastSeq: undefined });
        }
        try {
          const listed = await client.runs.list({ workspaceId, limit: RECENT_LIMIT });
          if (get().workspaceId !== workspaceId) return;
          const { views } = get();
          set({
            recent: listed.map((row) => newer(row, views.get(row.id))),
            known: true,
            trouble: undefined,
          });
          const running = listed.filter((row) => row.state === 'running').map((row) => row.id);
          const open = [...views.values()].filter((view) => view.state === 'running').map((view) => view.id);
          await Promise.all([...new Set([...running, ...open])].map(bring));
        } catch (error) {
          if (get().workspaceId === workspaceId) set({ trouble: toTrouble(error) });
        }
      },
      ensure: async (runId) => get().views.get(runId) ?? (await bring(runId)),
      fold: (recorded) => {
        set((state) => ({ lastSeq: Math.max(state.lastSeq ?? 0, recorded.seq) }));
        const before = get().views.get(recorded.runId);
        const inOrder = before === undefined ? recorded.n === 1 : recorded.n <= before.lastEvent + 1;
        if (!inOrder) {
          // We came in the middle of this run, or missed a part: the whole is asked for instead of guessed.
          bring(recorded.runId).catch((error: unknown) => set({ trouble: toTrouble(error) }));
          return;
        }
        const after = reduceRun(before, recorded);
        if (after !== undefined && after !== before && after.workspaceId === get().workspaceId) keep(after);
      },
    };
  });
}

function newer(row: RunSummary, view: RunView | undefined): RunSummary {
  // An ended row beats a view that is still running: the end may have come while the wire was down.
  if (view === undefined || (row.state !== 'running' && view.state === 'running')) return row;
  return toSummary(view);
}

function withSummary(recent: readonly RunSummary[], summary: RunSummary): readonly RunSummary[] {
  const at = recent.findIndex((row) => row.id === summary.id);
  // Build steps and progress come by the hundred and change nothing that a row shows: the list stays the same object.
  if (at >= 0) return shallow(recent[at], summary) ? recent : recent.with(at, summary);
  const newerOnes = recent.filter((row) => row.id > summary.id);
  // Older than all we list: a run opened from the history does not belong among the newest.
  if (newerOnes.length >= RECENT_LIMIT) return recent;
  return [...newerOnes, summary, ...recent.slice(newerOnes.length)].slice(0, RECENT_LIMIT);
}
