import { type ContextFiles, type Entry, fileSystemOf, filesOnDisk } from './context-entry.ts';

/** What is known of one path. */
export type Known = {
  readonly path: string;
  /** As it was looked at last; `undefined` when there was nothing. */
  readonly entry: Entry | undefined;
  /** Of a folder that was opened. */
  readonly names: readonly string[] | undefined;
  /** It was to be opened, and could not. */
  readonly isClosed: boolean;
  /**
   * Until when another change may not show, in milliseconds since 1970; absent when it was looked at later. The kernel's
   * clock for files ticks coarsely.
   */
  readonly youngUntil: number | undefined;
  /** It was as it is before the index was begun. */
  readonly isOld: boolean;
};

/** A context as far as it has been read, so that it need not be read again. */
export type ContextIndex = {
  /** Read what is not known yet. */
  readonly files: ContextFiles;
  /** Another number whenever another path is there, or one has become something else: only its bytes do not count. */
  shape(): number;
  size(): number;
  /** Whether all of it lies on one file system. */
  isWhole(): boolean;
  known(path: string): Known | undefined;
  /** What `files` is asked for from now on, each once. */
  trace(): readonly Known[];
  /** It may be different now; with `below`, so may all that is in it. */
  doubt(path: string, below: boolean): void;
  /** Looks again at whatever is in doubt, one path a step. */
  renew(): Generator<void>;
  forget(): void;
};

type Mutable = { -readonly [key in keyof Known]: Known[key] } & { trace: number };

/** With `begunAt`, in milliseconds since 1970, it is known of each path whether it was just so at that time. */
export function createContextIndex(
  root: string,
  now: () => number,
  begunAt = Number.NEGATIVE_INFINITY,
): ContextIndex {
  const disk = filesOnDisk(root);
  const all = new Map<string, Mutable>();
  const doubted = new Set<string>();
  const devices = new Set<string>();
  let shape = 0;
  let traced: Known[] = [];
  let trace = 0;

  function learn(path: string): Mutable {
    const known: Mutable = {
      path,
      entry: undefined,
      names: undefined,
      isClosed: false,
      youngUntil: undefined,
      isOld: false,
      trace: 0,
    };
    look(known);
    all.set(path, known);
    return known;
  }

  function look(known: Mutable): void {
    // Before: what happens in the moment of the look counts as after it.
    const lookedAt = now();
    const entry = disk.entry(known.path);
    // The same object for the same facts: lists of them can be compared at a glance.
    if (!isSame(entry, known.entry)) known.entry = entry;
    const age = entry && ageOf(entry);
    known.youngUntil = age && youngUntil(age, lookedAt);
    known.isOld = age !== undefined && isOldAt(age, begunAt);
    if (entry?.kind === 'folder') devices.add(fileSystemOf(entry));
  }

  /** As it is now. What lay below something that is no folder any more is dropped. */
  function renewOne(known: Mutable): void {
    const { entry: before, names, isClosed } = known;
    look(known);
    known.isClosed = false;
    if (isClosed || kindOf(known.entry) !== kindOf(before)) shape += 1;
    if (names === undefined) return;
    // Behind the look at the folder itself, which tells whether names have come since.
    known.names = known.entry?.kind === 'folder' ? disk.names(known.path) : undefined;
    const left = new Set(known.names);
    const gone = names.filter((name) => !left.has(name));
    if (gone.length > 0 || left.size !== names.length) shape += 1;
    for (const name of gone) drop(below(known.path, name));
  }

  function drop(path: string): void {
    const known = all.get(path);
    all.delete(path);
    doubted.delete(path);
    for (const name of known?.names ?? []) drop(below(path, name));
  }

  function current(path: string): Mutable {
    const known = all.get(path) ?? learn(path);
    if (doubted.size > 0 && doubted.has(path)) {
      // Should it fail, it is still in doubt.
      renewOne(known);
      doubted.delete(path);
    }
    if (known.trace !== trace) {
      known.trace = trace;
      traced.push(known);
    }
    return known;
  }

  function doubt(path: string, withBelow: boolean): void {
    const known = all.get(path);
    if (known === undefined) return;
    doubted.add(path);
    if (!withBelow) return;
    for (const name of known.names ?? []) doubt(below(path, name), true);
  }

  return {
    files: {
      entry: (path) => current(path).entry,
      names(path) {
        const known = current(path);
        try {
          known.names ??= disk.names(path);
          return known.names;
        } catch (error) {
          known.isClosed = true;
          throw error;
        }
      },
    },
    shape: () => shape,
    size: () => all.size,
    isWhole: () => devices.size < 2,
    known: (path) => all.get(path),
    trace() {
      trace += 1;
      traced = [];
      return traced;
    },
    doubt,
    *renew() {
      for (const path of doubted) {
        const known = all.get(path);
        try {
          if (known !== undefined) renewOne(known);
        } catch {
          // Whoever needs it learns why.
          drop(path);
          shape += 1;
        }
        doubted.delete(path);
        yield;
      }
    },
    forget() {
      all.clear();
      doubted.clear();
      devices.clear();
      shape += 1;
    },
  };
}

/** What it is, and where a link points. */
function kindOf(entry: Entry | undefined): string {
  return entry === undefined ? '' : `${entry.kind} ${entry.kind === 'symlink' ? entry.link : ''}`;
}

function below(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function isSame(one: Entry | undefined, other: Entry | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return (
    one.changedAt === other.changedAt &&
    one.modifiedAt === other.modifiedAt &&
    one.size === other.size &&
    one.mode === other.mode &&
    one.names === other.names &&
    one.identity === other.identity &&
    one.link === other.link &&
    one.kind === other.kind
  );
}

/** When anything about it changed, and how exactly that is known. Both in milliseconds. */
type Age = { readonly at: number; readonly tick: number };

function ageOf({ changedAt }: Entry): Age {
  // To a quarter of a microsecond: a BigInt for each step of this took longer than all the rest.
  const at = Number(changedAt);
  return { at: at / 1e6, tick: at % 1e9 === 0 ? longestTickMs : usualTickMs };
}

/** Whether it is known that all about an entry was as it is at that time, in milliseconds since 1970. */
export function wasSoAt(time: number): (entry: Entry) => boolean {
  return (entry) => isOldAt(ageOf(entry), time);
}

function isOldAt({ at, tick }: Age, time: number): boolean {
  return time - at > tick;
}

/** Of a time to come (a clock that was set back) there is no saying. */
function youngUntil({ at, tick }: Age, lookedAt: number): number | undefined {
  return Math.abs(lookedAt - at) < tick ? at + tick : undefined;
}

/** Linux ticks every 1 to 10 ms; some file systems keep whole seconds, FAT every other one. */
const usualTickMs = 20;
const longestTickMs = 2_000;
