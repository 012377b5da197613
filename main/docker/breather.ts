import { setImmediate as turn } from 'node:timers/promises';

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
