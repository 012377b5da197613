import type { Moment } from '../stalled-ledger.ts';

/** As many as are wanted: each once before any comes again, and where there are more, some from all along the run. */
export function momentsToStrike(moments: readonly Moment[], wanted: number): readonly Moment[] {
  const once = thin(moments, wanted);
  return [...once, ...thin(moments, wanted - once.length)];
}

/** Every so many of them where there are more than wanted. */
function thin<T>(all: readonly T[], wanted: number): readonly T[] {
  if (wanted >= all.length) return all;
  return Array.from({ length: wanted }, (_, index) => all[Math.floor((index * all.length) / wanted)]).filter(
    (one) => one !== undefined,
  );
}

/**
 * At each of them, and once more where none came; what is missed then stays so.
 * @param settle before it is struck once more: what the last kill left undone can leave nothing to do where it should come
 */
export async function strikeAll(
  moments: readonly Moment[],
  strike: (moment: Moment) => Promise<boolean>,
  settle: () => Promise<void>,
): Promise<{ readonly struck: ReadonlySet<Moment>; readonly missed: ReadonlySet<Moment> }> {
  const struck = new Set<Moment>();
  const missed = new Set(moments);
  const strikeAt = async (moment: Moment) => {
    if (!(await strike(moment))) return;
    struck.add(moment);
    missed.delete(moment);
  };
  for (const moment of moments) await strikeAt(moment);
  for (const moment of [...missed]) {
    await settle();
    await strikeAt(moment);
  }
  return { struck, missed };
}
