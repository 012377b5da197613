import type { ConnectionState } from './client.ts';

/** Holds the state of a wire and tells who listens. */
export function createConnectionState(initial: ConnectionState) {
  let state = initial;
  const listeners = new Set<(state: ConnectionState) => void>();
  return {
    get: () => state,
    set: (next: ConnectionState) => {
      state = next;
      for (const listener of listeners) listener(next);
    },
    subscribe: (onChange: (state: ConnectionState) => void) => {
      listeners.add(onChange);
      return () => {
        listeners.delete(onChange);
      };
    },
    dispose: () => listeners.clear(),
  };
}

const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/** Doubles up to 10 s; `random` (0 to 1) spreads the windows of one machine so that they do not all knock at once. */
export function backoffMs(attempt: number, random: number): number {
  return Math.round(Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt) * (0.75 + random * 0.25));
}
