/** What a registry was found to do or not to do, so that it is not found out each time. */
export type Traits = {
  add(trait: string): void;
  has(trait: string): boolean;
};

/** It may be another program after that, under a process that stays open. */
const forMs = 10 * 60_000;

export function createTraits(now = () => performance.now()): Traits {
  const since = new Map<string, number>();
  return {
    add: (trait) => void since.set(trait, now()),
    has: (trait) => now() - (since.get(trait) ?? Number.NEGATIVE_INFINITY) < forMs,
  };
}
