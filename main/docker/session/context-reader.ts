import { createBreather } from '../breather.ts';
import type { Entry } from './context-entry.ts';
import { createContextIndex, wasSoAt } from './context-index.ts';
import { type Plan, takeSnapshot } from './context-snapshot.ts';
import type { Asking } from './context-source.ts';
import { type Selection, walkContext } from './context-walk.ts';
import type { Listed, PackedEntries } from './packed-entries.ts';
import { lookQuickly } from './quick-look.ts';
import { keepsTimes } from './trusted-folder.ts';

export type Read = (selection: Selection, asking: Asking) => Promise<Listed>;

export type ContextReader = {
  readonly entries: Read;
  ahead(excluded: readonly string[], signal: AbortSignal): Read;
};

/** Milliseconds by which the clock may be off and is not said to have been set. */
const unsteadiness = 5;

/** A clock that tells when all that has changed since has changed: of this machine, and not set meanwhile. */
function begin(root: string, now: () => number) {
  const [begunAt, since] = [now(), performance.now()];
  const isSteady = () => Math.abs(now() - begunAt - (performance.now() - since)) < unsteadiness;
  return keepsTimes(root) ? { begunAt, isSteady } : undefined;
}

export function createReader(root: string, now: () => number, begun?: ReturnType<typeof begin>) {
  const index = createContextIndex(root, now, begun?.begunAt);
  const plans = new Map<string, Plan>();
  return {
    index,
    /** Where nothing has changed since it was begun. */
    async quickly(selection: Selection, { signal }: Asking): Promise<PackedEntries | undefined> {
      if (begun === undefined) return undefined;
      return lookQuickly(selection, {
        root,
        // What was read ahead.
        known: (path) => index.known(path)?.entry,
        wasSo: wasSoAt(begun.begunAt),
        isTrusted: begun.isSteady,
        breathe: createBreather(),
        signal,
      });
    },
    forget() {
      index.forget();
      plans.clear();
    },
    entries(selection: Selection, { signal, onNote, onOther }: Asking): Promise<readonly Entry[]> {
      const onUnrest = () => onNote('note: the build context is changing; waiting for it to come to rest');
      const isTrusted = () => begun !== undefined && index.isWhole() && begun.isSteady();
      return takeSnapshot(selection, { root, index, plans, now, signal, isTrusted, onUnrest, onOther });
    },
  };
}

/** Keeps nothing but for the one build. */
export function readOnce(root: string, now: () => number): ContextReader {
  const { index, entries, quickly } = createReader(root, now, begin(root, now));
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: they share what they read. */
  const take: Read = (selection, asking) => {
    const quick = async () =>
      asking.mayPack ? quickly(selection, asking).catch(() => undefined) : undefined;
    const mine = last.then(async () => (await quick()) ?? entries(selection, asking));
    last = mine.catch(() => {});
    return mine;
  };

  async function fill(excludePatterns: readonly string[], signal: AbortSignal): Promise<void> {
    const breathe = createBreather();
    for (const _entry of walkContext(index.files, { excludePatterns })) {
      const pausing = breathe();
      if (pausing !== undefined) await pausing;
      if (signal.aborted) return;
    }
  }

  return {
    entries: take,
    ahead(excluded, signal) {
      const asked = new AbortController();
      const filling = fill(excluded, AbortSignal.any([signal, asked.signal])).catch(() => {});
      return async (selection, asking) => {
        // What it read by then is known.
        asked.abort();
        await filling;
        return take(selection, asking);
      };
    },
  };
}
