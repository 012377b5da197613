import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import type { FolderChange, FolderWatch, FolderWatcher } from '#main/core/ports.ts';
import type { Entry } from './context-entry.ts';
import { type ContextReader, createReader, type Read, readOnce } from './context-reader.ts';
import {
  type Asking,
  type ContextSource,
  type Follower,
  isOfFiles,
  type KeptSource,
} from './context-source.ts';
import type { Selection } from './context-walk.ts';
import { parentOf } from './path-text.ts';
import { createToldTimes } from './told-times.ts';
import { keepsTimes } from './trusted-folder.ts';

export type SourceOptions = {
  /** Absent: nothing is kept from one build to the next. */
  readonly watcher?: FolderWatcher | undefined;
  /** Asked at each build whether others are likely to follow in this process. */
  readonly expectsMore?: (() => boolean) | undefined;
  readonly now: () => number;
  /** How long a context is kept that nobody builds. */
  readonly idleMs?: number;
};

/** Contexts that are kept, and what one of them may hold. */
const mostContexts = 8;
const mostEntries = 500_000;
const usualIdleMs = 30 * 60_000;

/** Reads contexts; with a watcher it keeps what it read, and reads again what has changed. */
export function createContextSource({
  watcher,
  expectsMore = () => true,
  now,
  idleMs = usualIdleMs,
}: SourceOptions): KeptSource {
  const warm = new Map<string, WarmContext>();

  function contextAt(root: string, mayKeep: boolean): ContextReader {
    const found = warm.get(root);
    if (found === undefined) {
      if (watcher === undefined || !mayKeep || !expectsMore() || !keepsTimes(root)) {
        return readOnce(root, now);
      }
      const made = warmUp(root, watcher, now, idleMs, () => warm.delete(root));
      warm.set(root, made);
      if (warm.size > mostContexts) void [...warm.values()][0]?.close();
      return made;
    }
    // The one that was not used for the longest time is at the front.
    warm.delete(root);
    warm.set(root, found);
    return found;
  }

  const entries: ContextSource['entries'] = (root, selection, asking) =>
    contextAt(root, asking.mayKeep).entries(selection, asking);
  return {
    entries,
    ahead(root, excluded, signal) {
      const begun = contextAt(root, true).ahead(excluded, signal);
      return {
        entries: (folder, selection, asking) =>
          folder === root && asking.mayKeep && isOfFiles(selection)
            ? begun(selection, asking)
            : entries(folder, selection, asking),
      };
    },
    follow: (root, least, follower) => warm.get(root)?.follow(least, follower) ?? false,
  };
}

type WarmContext = ContextReader & {
  follow(least: number, follower: Follower): boolean;
  close(): Promise<void>;
};

function warmUp(
  root: string,
  watcher: FolderWatcher,
  now: () => number,
  idleMs: number,
  onClose: () => void,
): WarmContext {
  const reader = createReader(root, now);
  const withTimes = createToldTimes();
  let watch: FolderWatch | undefined;
  let trouble: string | undefined;
  let isClosed = false;
  const followers: Follower[] = [];
  /** Counts what was told. */
  let told = 0;
  /** What a build asks for first tells what the next will ask for. */
  let usual: Selection | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;

  const opening = watcher.watch(root, onChange).then(
    (opened) => {
      watch = opened;
    },
    (error: unknown) => {
      trouble = wordsOf(error);
    },
  );

  function onChange(change: FolderChange): void {
    told += 1;
    if (change.kind === 'paths') change.paths.forEach(onPath);
    else if (existsSync(root)) reader.forget();
    else {
      void close();
      return;
    }
    for (const { onTold } of followers) onTold();
  }

  function onPath(path: string): void {
    const name = posix.relative(root, path);
    reader.index.doubt(name, true);
    // That a name has come or gone is told of the name alone.
    if (name !== '') reader.index.doubt(parentOf(name), false);
  }

  /** Without a watch every build reads all of it. */
  async function catchUp(onNote: (text: string) => void): Promise<void> {
    await watch?.settled().catch((error: unknown) => {
      trouble = wordsOf(error);
      watch = undefined;
    });
    if (watch === undefined) reader.forget();
    if (trouble === undefined) return;
    onNote(`note: each build reads the whole context, because it cannot be watched: ${trouble}`);
    trouble = undefined;
  }

  async function takeAll(selection: Selection, asking: Asking): Promise<Taken> {
    await catchUp(asking.onNote);
    const toldBefore = told;
    const found = withTimes(await reader.entries(selection, asking));
    // Other file systems within it may be of a kind that does not keep the times of folders.
    if (!reader.index.isWhole() || reader.index.size() > mostEntries) reader.forget();
    return { found, toldBefore };
  }

  /** One after the other: they share what they read. */
  function take(selection: Selection, asking: Asking): Promise<Taken> {
    clearTimeout(idle);
    const mine = last.then(() => takeAll(selection, asking));
    const over = mine.then(
      () => {},
      () => {},
    );
    last = over;
    void over.then(() => {
      if (last === over && !isClosed) idle = setTimeout(() => void close(), idleMs).unref();
    });
    return mine;
  }

  const entries: Read = async (selection, asking) => {
    // A few files, which are read at once: not to wait for a look at all of them.
    if (!asking.mayKeep || !isOfFiles(selection)) {
      return withTimes(await createReader(root, now).entries(selection, asking));
    }
    usual = selection;
    return (await take(selection, asking)).found;
  };

  /** As they were at one moment after the call, and still are as far as is told. */
  function ahead(selection: Selection, signal: AbortSignal): Read {
    const notes: string[] = [];
    const other = Promise.withResolvers<void>();
    const onNote = (text: string) => void notes.push(text);
    const asking = { mayKeep: true, onNote, onOther: () => other.resolve(), signal };
    let begun: Promise<Taken | undefined> | undefined = take(selection, asking).catch(() => undefined);
    return async (wanted, asked) => {
      if (begun !== undefined) void other.promise.then(asked.onOther);
      const first = await begun;
      // Later questions of the same build are answered as of later.
      begun = undefined;
      notes.splice(0).forEach(asked.onNote);
      if (first === undefined || !isSame(wanted, selection)) return entries(wanted, asked);
      await watch?.settled().catch(() => {});
      return watch !== undefined && first.toldBefore === told ? first.found : entries(wanted, asked);
    };
  }

  async function close(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    clearTimeout(idle);
    onClose();
    for (const follower of followers) follower.onClose();
    await opening;
    await watch?.close();
  }

  return {
    entries,
    ahead: (_excluded, signal) => (usual === undefined ? entries : ahead(usual, signal)),
    follow(least, follower) {
      const is = reader.index.size() >= least && !isClosed;
      if (is) followers.push(follower);
      return is;
    },
    close,
  };
}

type Taken = {
  readonly found: readonly Entry[];
  /** How much had been told when it began. */
  readonly toldBefore: number;
};

function isSame(left: Selection, right: Selection): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function wordsOf(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return why.includes('ENOSPC') ? `${why}; raise fs.inotify.max_user_watches` : why;
}
