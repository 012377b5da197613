import { eventLoopUtilization } from 'node:perf_hooks';
import { setTimeout as rest, setImmediate as turn } from 'node:timers/promises';

/** Milliseconds at a stretch. The loop belongs to others too: the person's interface, and the engine's questions. */
const longest = 2;

/** A promise once it is time to let others have their turn. */
export type Breather = () => Promise<void> | undefined;

export function createBreather(): Breather {
  let at = performance.now();
  return () => {
    if (performance.now() - at < longest) return undefined;
    return turn().then(() => {
      at = performance.now();
    });
  };
}

/**
 * Milliseconds. A thread that always has something to do gets its time from the system in long slices, with as long gaps
 * between them where the engine keeps all cores busy; one that rests is woken at once.
 */
const restMs = 8 * longest;

/** For what nobody waits for, and what there may be very much of: while it keeps the loop busy, most of it is rest. */
export function createRester(): Breather {
  let at = performance.now();
  let use = eventLoopUtilization();
  const begin = () => {
    at = performance.now();
    use = eventLoopUtilization();
  };
  return () => {
    if (performance.now() - at < longest) return undefined;
    const { utilization } = eventLoopUtilization(use);
    begin();
    return utilization < 0.4 ? undefined : rest(restMs).then(begin);
  };
}
