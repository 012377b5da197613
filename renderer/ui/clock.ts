/** One clock for every age on the screen: a single timer, running only while something shows a time. */
export type Clock = {
  /** Epoch milliseconds of the last tick. */
  readonly now: () => number;
  readonly subscribe: (onTick: () => void) => () => void;
};

export function createClock(read: () => number, everyMs = 1000): Clock {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let last = read();
  const tick = (): void => {
    last = read();
    for (const listener of listeners) listener();
  };
  return {
    now: () => {
      // Between ticks React must read the same value twice; without a timer it may as well be fresh.
      if (timer === undefined) last = read();
      return last;
    },
    subscribe: (onTick) => {
      listeners.add(onTick);
      if (timer === undefined) {
        last = read();
        timer = setInterval(tick, everyMs);
      }
      return () => {
        listeners.delete(onTick);
        if (listeners.size > 0 || timer === undefined) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}

/** A clock that stands still: for tests and pictures. */
export function stoppedClock(at: number): Clock {
  return { now: () => at, subscribe: () => () => {} };
}
