import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '#main/core/ports.ts';

/** Node fires a timer with a longer delay at once. */
const longestTimerMs = 2 ** 31 - 1;

export function createClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      const end = performance.now() + ms;
      try {
        do {
          const left = Math.max(0, Math.ceil(end - performance.now()));
          await delay(Math.min(left, longestTimerMs), undefined, signal === undefined ? {} : { signal });
        } while (performance.now() < end);
      } catch (error) {
        // Node rejects with an AbortError of its own; the caller knows only the signal's reason.
        signal?.throwIfAborted();
        throw error;
      }
    },
  };
}
