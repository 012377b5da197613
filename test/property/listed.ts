import type { Entry } from '#main/docker/session/context-entry.ts';
import { fileOf, isPacked, type Listed, type ToldFile } from '#main/docker/session/packed-entries.ts';

/** Of who does not take them packed. */
export function entriesIn(listed: Listed): readonly Entry[] {
  if (isPacked(listed)) throw new Error('nobody asked for them packed');
  return listed;
}

/** What the engine may ask for, however it is kept. */
export function filesIn(listed: Listed): readonly ToldFile[] {
  if (!isPacked(listed)) return listed.filter(({ kind }) => kind === 'file');
  return Array.from({ length: listed.starts.length - 1 }, (_, id) => fileOf(listed, id)).filter(
    (file) => file !== undefined,
  );
}
