/** By name, such as a digest's, whose content never changes and is asked for once. The oldest goes first. */
export type Kept<T> = {
  get(name: string): T | undefined;
  set(name: string, value: T): void;
  delete(name: string): void;
  clear(): void;
};

export function createKept<T>(most: number): Kept<T> {
  const known = new Map<string, T>();
  return {
    get: (name) => known.get(name),
    delete: (name) => void known.delete(name),
    clear: () => known.clear(),
    set(name, value) {
      known.set(name, value);
      const oldest = known.keys().next();
      if (known.size > most && !oldest.done) known.delete(oldest.value);
    },
  };
}
