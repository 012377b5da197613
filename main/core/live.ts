import type { LiveEvent } from '#shared/api/contract.ts';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import type { Ports } from './context.ts';

export type LiveFeed = {
  /** Ends when the signal aborts. */
  subscribe(
    workspaceId: WorkspaceId,
    afterSeq: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<LiveEvent>;
  /** Resolves when any Gantry on this machine has written something: true. When the signal aborts or this ends: false. */
  changed(signal: AbortSignal): Promise<boolean>;
  /** This process has written: look soon. */
  nudge(): void;
  /** What is in no ledger: whoever listens now learns of it. */
  tell(workspaceId: WorkspaceId, event: LiveEvent): void;
  /** Something outside the ledger changed, such as a hold or a file. */
  markStale(workspaceId: WorkspaceId): void;
  dispose(): void;
};

/** How soon what another process wrote is seen. */
const pollMs = 200;
const aliveEveryMs = 10_000;
const batch = 500;

type Listener = {
  readonly workspaceId: WorkspaceId;
  readonly wake: () => void;
  readonly stale: Set<WorkspaceId>;
  readonly told: LiveEvent[];
};

/**
 * One poll of the ledger's change counter, shared by all subscribers: every Gantry on the machine sees what any of them
 * does. The poll reads one number and runs only while somebody listens.
 */
export function createLiveFeed(ports: Pick<Ports, 'ledger' | 'clock'>): LiveFeed {
  const listeners = new Set<Listener>();
  const waiting = new Set<() => void>();
  const disposed = new AbortController();
  let isPolling = false;

  const wakeAll = () => {
    for (const listener of listeners) listener.wake();
    for (const wake of waiting) wake();
  };
  let isNudged = false;
  /** What is written is mostly followed by a question to somebody else, which need not wait until it was read. */
  const nudge = () => {
    if (isNudged) return;
    isNudged = true;
    setImmediate(() => {
      isNudged = false;
      wakeAll();
    });
  };
  const poll = async () => {
    if (isPolling) return;
    isPolling = true;
    while (listeners.size + waiting.size > 0 && !disposed.signal.aborted) {
      await ports.clock.sleep(pollMs, disposed.signal).catch(() => undefined);
      if (!disposed.signal.aborted && ports.ledger.events.hasChanged()) wakeAll();
    }
    isPolling = false;
  };

  return {
    async changed(signal) {
      const isOver = () => signal.aborted || disposed.signal.aborted;
      if (isOver()) return false;
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = () => resolve();
      signal.addEventListener('abort', wake);
      waiting.add(wake);
      void poll();
      await promise;
      waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      return !isOver();
    },
    nudge,
    tell(workspaceId, event) {
      for (const listener of listeners) {
        if (listener.workspaceId === workspaceId) listener.told.push(event);
      }
      wakeAll();
    },
    markStale(workspaceId) {
      for (const listener of listeners) listener.stale.add(workspaceId);
      wakeAll();
    },
    dispose() {
      disposed.abort();
      wakeAll();
    },
    async *subscribe(workspaceId, afterSeq, signal) {
      let seq = afterSeq ?? ports.ledger.events.lastSeq();
      let sleeper = Promise.withResolvers<void>();
      const wake = () => sleeper.resolve();
      const listener: Listener = { workspaceId, wake, stale: new Set(), told: [] };
      const onAbort = () => listener.wake();
      signal.addEventListener('abort', onAbort);
      listeners.add(listener);
      void poll();
      try {
        yield { kind: 'alive' };
        while (!signal.aborted && !disposed.signal.aborted) {
          // Renewed before reading: what is written during the read wakes the next round.
          sleeper = Promise.withResolvers<void>();
          const events = ports.ledger.events.after(workspaceId, seq, batch);
          for (const recorded of events) {
            seq = recorded.seq;
            yield { kind: 'recorded', recorded };
          }
          yield* listener.told.splice(0);
          if (listener.stale.delete(workspaceId)) yield { kind: 'board-stale', workspaceId };
          if (events.length > 0) continue;
          const waited = await sleepUntil(sleeper.promise, ports);
          if (waited === 'long') yield { kind: 'alive' };
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
        listeners.delete(listener);
      }
    },
  };
}

async function sleepUntil(woken: Promise<void>, ports: Pick<Ports, 'clock'>): Promise<'woken' | 'long'> {
  const done = new AbortController();
  const long = ports.clock
    .sleep(aliveEveryMs, done.signal)
    .then(() => 'long' as const)
    .catch(() => 'woken' as const);
  const result = await Promise.race([woken.then(() => 'woken' as const), long]);
  done.abort();
  return result;
}
