/*
 * A storm over a folder: numbered steps, each of which changes one thing in one moment. Whoever looks at the folder as a
 * whole has to see what was there after one of the steps.
 */

export type StormChange =
  /** In the place: other bytes of a file that is there. */
  | { readonly kind: 'size'; readonly path: string; readonly size: number }
  /** A new file, perhaps in the place of another. */
  | { readonly kind: 'put'; readonly path: string; readonly size: number }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string };

type Folder = { name: string; readonly sizes: Map<number, number> };

/** What is there after so many steps. */
export type StormState = { step: number; readonly folders: readonly Folder[] };

const folderCount = 12;
const fileCount = 25;

export function createStormState(): StormState {
  const folders = Array.from({ length: folderCount }, (_each, index) => ({
    name: `d${index}`,
    sizes: new Map<number, number>(),
  }));
  return { step: 0, folders };
}

/** The next step; `undefined` where it changes nothing. */
export function advance(state: StormState): StormChange | undefined {
  state.step += 1;
  const { step } = state;
  const folder = state.folders[(step * 5) % folderCount];
  if (folder === undefined) return undefined;
  const file = (step * 7) % fileCount;
  const path = `${folder.name}/f${file}`;
  const size = folder.sizes.get(file);
  const kind = step % 9;
  if (kind === 8) {
    const from = folder.name;
    folder.name = `${from.startsWith('d') ? 'e' : 'd'}${from.slice(1)}`;
    return { kind: 'rename', path: from, to: folder.name };
  }
  if (kind === 7 && size !== undefined) {
    folder.sizes.delete(file);
    return { kind: 'remove', path };
  }
  if (kind === 6 && size !== undefined) {
    const other = (file + 3) % fileCount;
    folder.sizes.delete(file);
    folder.sizes.set(other, size);
    return { kind: 'rename', path, to: `${folder.name}/f${other}` };
  }
  folder.sizes.set(file, step);
  return { kind: size === undefined || kind === 5 ? 'put' : 'size', path, size: step };
}

/** Each file with its size, sorted. */
export function pictureOf({ folders }: StormState): string {
  const files = folders.flatMap(({ name, sizes }) =>
    [...sizes].map(([file, size]) => `${name}/f${file} ${size}`),
  );
  return files.sort().join('\n');
}

export type StormPlan = {
  readonly root: string;
  /** On the same file system, outside. */
  readonly spool: string;
  readonly shared: SharedArrayBuffer;
  /** So many steps at once, and then a pause; the first are done before anybody may look. */
  readonly first: number;
  readonly burst: number;
  readonly pauseMs: number;
};

export const stormCounts = { begun: 0, done: 1, stop: 2 } as const;

/** The step after which the folder looked like that; `undefined` when it never did between the two. */
export function findStep(picture: string, from: number, to: number): number | undefined {
  const state = createStormState();
  while (state.step < to) {
    if (state.step >= from && pictureOf(state) === picture) return state.step;
    advance(state);
  }
  return pictureOf(state) === picture ? state.step : undefined;
}
