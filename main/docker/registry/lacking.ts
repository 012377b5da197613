/** What a registry was found not to know, so that it is not asked each time. */
export type Lacking = {
  add(what: string): void;
  has(what: string): boolean;
};

/** It may be upgraded under a process that stays open. */
const forMs = 10 * 60_000;

export function createLacking(now = () => performance.now()): Lacking {
  const since = new Map<string, number>();
  return {
    add: (what) => void since.set(what, now()),
    has: (what) => now() - (since.get(what) ?? Number.NEGATIVE_INFINITY) < forMs,
  };
}
