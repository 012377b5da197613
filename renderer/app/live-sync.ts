import type { Board } from '#shared/domain/board.ts';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import { asWhole } from '#shared/domain/observed.ts';
import type { RunEvent } from '#shared/domain/run-events.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import type { BoardState, Timers } from '../stores/board-store.ts';
import { isBroken } from '../stores/problems.ts';
import type { Stores } from '../stores/stores.tsx';
import type { Client, Transport } from '../transport/client.ts';

export type LiveSyncPorts = {
  readonly client: Client;
  readonly connection: Transport['connection'];
  readonly stores: Stores;
  readonly timers: Timers;
  readonly now: () => number;
  readonly isVisible: () => boolean;
  /** Calls back when the window is shown or hidden. */
  readonly onVisibility: (listener: () => void) => () => void;
  /** A run that this window saw running came to its end. */
  readonly onRunEnded: (view: RunView) => void;
};

/** Targets change outside of Gantry without telling it. */
const OBSERVE_EVERY_MS = 30_000;
/** Whoever mends a description looks here for whether it is right now. The answer is quick: nothing is observed while it is not. */
const READ_AGAIN_EVERY_MS = 3_000;
/** The server says `alive` every 15 s: two missed in a row and a little mean that the wire is dead. */
const SILENCE_MS = 40_000;
const RETRY_MS = 1_000;

/** Moves what must move together: the live stream feeds the runs and marks the board stale. Gives back how to stop. */
export function startLiveSync(ports: LiveSyncPorts): () => void {
  const { stores } = ports;
  let subscription: AbortController | undefined;
  let shown: WorkspaceId | undefined;

  const follow = (id: WorkspaceId | undefined): void => {
    if (id === shown) return;
    shown = id;
    subscription?.abort();
    if (id === undefined) return;
    subscription = new AbortController();
    void stores.board.getState().show(id);
    void subscribe(ports, id, subscription.signal);
  };

  const stops = [
    stores.workspace.subscribe((state) => follow(state.current?.id)),
    stores.board.subscribe((state, before) => {
      if (state.board !== undefined && state.board !== before.board) {
        stores.workspace.getState().describe(state.board.workspace);
        // An engine that goes or comes is noticed by what is observed through it.
        if (before.observedAt !== undefined && unreachable(state.board) !== unreachable(before.board))
          void stores.system.getState().refresh();
      }
      if (state.trouble !== before.trouble) describeProblems(state, stores);
    }),
    stores.runs.subscribe((state, before) => {
      if (state.views === before.views) return;
      // Seen in the store, not in the stream: after a lost wire the end may come with the whole run.
      for (const view of state.views.values()) {
        if (view.state !== 'running' && before.views.get(view.id)?.state === 'running')
          ports.onRunEnded(view);
      }
    }),
    startSlowObserve(ports),
    startReadingAgain(ports),
  ];
  follow(stores.workspace.getState().current?.id);
  void stores.system.getState().refresh();
  return () => {
    subscription?.abort();
    for (const stop of stops) stop();
  };
}

/** A description that is broken while it is shown: what the board could not be read for is true of the workspace. */
function describeProblems({ trouble, workspaceId }: BoardState, stores: Stores): void {
  const workspace = stores.workspace.getState();
  const { current } = workspace;
  if (trouble === undefined || current === undefined || current.id !== workspaceId) return;
  if (isBroken(trouble)) workspace.describe({ ...current, problems: [...trouble.problems] });
}

/** Reads a broken description again until it is mended. */
function startReadingAgain({ stores, timers, isVisible, onVisibility }: LiveSyncPorts): () => void {
  let timer: unknown;
  let isAsking = false;
  let isStopped = false;
  const hasProblems = (): boolean => (stores.workspace.getState().current?.problems.length ?? 0) > 0;
  const look = async (): Promise<void> => {
    if (isAsking || !hasProblems() || !isVisible()) return;
    isAsking = true;
    await stores.board.getState().observeQuietly();
    isAsking = false;
  };
  const again = (): void => {
    if (isStopped || timer !== undefined || !hasProblems()) return;
    timer = timers.set(async () => {
      await look();
      timer = undefined;
      again();
    }, READ_AGAIN_EVERY_MS);
  };
  const stops = [stores.workspace.subscribe(again), onVisibility(() => void look())];
  again();
  return () => {
    isStopped = true;
    timers.clear(timer);
    for (const stop of stops) stop();
  };
}

function unreachable(board: Board | undefined): number {
  return board?.environments.filter(({ observed }) => asWhole(observed).kind === 'unreachable').length ?? 0;
}

async function subscribe(ports: LiveSyncPorts, id: WorkspaceId, signal: AbortSignal): Promise<void> {
  const { client, stores } = ports;
  for (let first = true; !signal.aborted; first = false) {
    const watchdog = startWatchdog(ports);
    try {
      const afterSeq = stores.runs.getState().lastSeq;
      const events = await client.live(
        { workspaceId: id, ...(afterSeq === undefined ? {} : { afterSeq }) },
        { signal },
      );
      let isListening = false;
      for await (const event of events) {
        watchdog.feed();
        if (!isListening) {
          isListening = true;
          // Only now, that the first word came: what is committed while the list is read also comes through the stream.
          void stores.runs.getState().show(id);
          void stores.watch.getState().show(id);
          if (!first) refreshAfterLoss(stores);
        }
        if (event.kind === 'board-stale') stores.board.getState().markStale();
        if (event.kind === 'watch-changed') stores.watch.getState().tell(event.workspaceId, event.watch);
        if (event.kind === 'recorded') {
          stores.runs.getState().fold(event.recorded);
          if (changesTheBoard(event.recorded.event)) stores.board.getState().markStale();
        }
      }
    } catch {
      // The connection's own state says what is wrong; here it only matters to come back.
      if (first && !signal.aborted) void stores.runs.getState().show(id);
    } finally {
      watchdog.stop();
    }
    if (!signal.aborted) await untilConnected(ports, signal);
  }
}

function refreshAfterLoss(stores: Stores): void {
  stores.board.getState().markStale();
  void stores.system.getState().refresh();
}

/** Progress lines and build vertices come by the hundred and change nothing that the board asks the core for. */
function changesTheBoard(event: RunEvent): boolean {
  switch (event.kind) {
    case 'step-progressed':
    case 'vertex-changed':
    case 'child-started':
    case 'child-ended':
    case 'step-started':
      return false;
    default:
      return true;
  }
}

function startWatchdog({ connection, timers }: LiveSyncPorts) {
  let timer: unknown;
  const feed = (): void => {
    timers.clear(timer);
    timer = timers.set(connection.reconnect, SILENCE_MS);
  };
  feed();
  return { feed, stop: () => timers.clear(timer) };
}

/** Waits for the wire to be back; at least a second, so that a server that refuses is not asked in a loop. */
function untilConnected({ connection, timers }: LiveSyncPorts, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = timers.set(() => {
      if (connection.get().kind === 'connected') return done();
      stop = connection.subscribe((state) => state.kind === 'connected' && done());
      return undefined;
    }, RETRY_MS);
    let stop = (): void => undefined;
    const done = (): void => {
      timers.clear(timer);
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done, { once: true });
  });
}

function startSlowObserve({ stores, timers, now, isVisible, onVisibility }: LiveSyncPorts): () => void {
  let timer: unknown;
  let last = now();
  const look = (): void => {
    if (!isVisible() || stores.board.getState().workspaceId === undefined) return;
    last = now();
    void stores.board.getState().observe();
    void stores.system.getState().refresh();
  };
  const again = (): void => {
    timer = timers.set(() => {
      look();
      again();
    }, OBSERVE_EVERY_MS);
  };
  again();
  const stop = onVisibility(() => {
    if (isVisible() && now() - last >= OBSERVE_EVERY_MS) look();
  });
  return () => {
    timers.clear(timer);
    stop();
  };
}
