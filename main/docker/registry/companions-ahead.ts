import { createKept } from './kept.ts';
import type { Descriptor } from './manifest.ts';

/** What refers to an image from beside it. */
export type Companions = {
  readonly referrers: readonly Descriptor[];
  readonly cosignTags: readonly string[];
};

/** Answers to questions that were asked ahead, each for one who comes soon after. */
export type CompanionsAhead = {
  put(name: string, found: Promise<Companions>): void;
  /** `undefined` where nothing was asked, too long ago, or in vain. */
  take(name: string): Promise<Companions | undefined>;
};

/** A signature that is added meanwhile stays behind, as does one that is added right after a promotion. */
const forMs = 2_000;
/** Of promotions that were expected and did not come. */
const most = 100;

export function createCompanionsAhead(now = () => performance.now()): CompanionsAhead {
  const known = createKept<{ readonly at: number; readonly found: Promise<Companions> }>(most);
  return {
    put(name, found) {
      found.catch(() => {});
      known.set(name, { at: now(), found });
    },
    async take(name) {
      const asked = known.get(name);
      known.delete(name);
      if (asked === undefined || now() - asked.at > forMs) return undefined;
      return asked.found.catch(() => undefined);
    },
  };
}
