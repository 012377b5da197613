import type { Entry } from './context-entry.ts';

/** As it was told to the engine: what it compares. */
type Told = { readonly size: bigint; readonly time: bigint; readonly changedAt: bigint };

/** For one path. */
const mostTold = 16;

/**
 * The engine takes a file for unchanged when its size and its time are what they were, though whoever writes it can put
 * both back (`cp -p`, or archives in which all times are the same). That it was written shows in changedAt, of which the
 * engine knows nothing: it is told a time that is a nanosecond later, which no layer keeps. Only what was told before
 * by the same process is known here.
 */
export function createToldTimes(): (entries: readonly Entry[]) => readonly Entry[] {
  const known = new Map<string, readonly Told[]>();
  const done = new WeakMap<readonly Entry[], readonly Entry[]>();

  function withTime(entry: Entry): Entry {
    if (entry.kind !== 'file') return entry;
    const { path, size, changedAt } = entry;
    const before = known.get(path) ?? [];
    const same = before.find((told) => told.changedAt === changedAt);
    const time = same?.time ?? freshTime(entry, before);
    if (same === undefined) known.set(path, [...before, { size, time, changedAt }].slice(-mostTold));
    return time === entry.modifiedAt ? entry : { ...entry, toldTime: time };
  }

  return (entries) => {
    const made = done.get(entries) ?? entries.map(withTime);
    done.set(entries, made);
    return made;
  };
}

function freshTime({ size, modifiedAt }: Entry, before: readonly Told[]): bigint {
  // Within its second, which a layer does keep.
  const second = modifiedAt - (modifiedAt % 1_000_000_000n);
  let time = modifiedAt;
  while (before.some((told) => told.size === size && told.time === time)) {
    time = second + ((time + 1n - second) % 1_000_000_000n);
  }
  return time;
}
