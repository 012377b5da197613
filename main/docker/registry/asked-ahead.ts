import { createKept } from './kept.ts';

/** Answers to questions that were asked ahead, each for one who comes soon after. */
export type AskedAhead<T> = {
  put(name: string, answer: Promise<T>): void;
  /** Nothing that was asked is good any more. */
  clear(): void;
  /** `undefined` where nothing was asked, too long ago, or in vain. */
  take(name: string): Promise<T | undefined>;
};

/** Of those for whom nobody came. */
const most = 100;

/** An answer is good for `forMs` from its question on. */
export function createAskedAhead<T>(forMs: number, now = () => performance.now()): AskedAhead<T> {
  const known = createKept<{ readonly at: number; readonly answer: Promise<T> }>(most);
  return {
    put(name, answer) {
      answer.catch(() => {});
      known.set(name, { at: now(), answer });
    },
    clear: known.clear,
    async take(name) {
      const asked = known.get(name);
      known.delete(name);
      if (asked === undefined || now() - asked.at > forMs) return undefined;
      return asked.answer.catch(() => undefined);
    },
  };
}
