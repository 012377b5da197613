/** Builds that are over and done with for us, and not yet for the engine. */
export type Unanswered = {
  add(contextFolder: string, answered: Promise<unknown>): void;
  /**
   * Resolves when the engine holds nothing of this context any more: until then it would not compare another build's
   * files with those it has, and ask for all of them.
   */
  over(contextFolder: string): Promise<void>;
};

export function createUnanswered(): Unanswered {
  const all = new Map<string, Set<Promise<unknown>>>();
  return {
    add(contextFolder, answered) {
      const here = all.get(contextFolder) ?? new Set();
      all.set(contextFolder, here.add(answered));
      const remove = () => {
        here.delete(answered);
        if (here.size === 0 && all.get(contextFolder) === here) all.delete(contextFolder);
      };
      answered.then(remove, remove);
    },
    async over(contextFolder) {
      await Promise.allSettled(all.get(contextFolder) ?? []);
    },
  };
}
