import { existsSync, statfsSync } from 'node:fs';
import { posix } from 'node:path';
import type { FolderChange, FolderWatch, FolderWatcher } from '#main/core/ports.ts';
import type { Entry } from './context-entry.ts';
import { createContextIndex } from './context-index.ts';
import { type Plan, takeSnapshot } from './context-snapshot.ts';
import type { Selection } from './context-walk.ts';
import type { Asking, ContextSource } from './serve-files.ts';
import { createToldTimes } from './told-times.ts';

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
}: SourceOptions): ContextSource {
  const warm = new Map<string, WarmContext>();

  function contextAt(root: string, mayKeep: boolean): ContextReader {
    const found = warm.get(root);
    if (found === undefined) {
      if (watcher === undefined || !mayKeep || !expectsMore() || !keepsFolderTimes(root)) {
        return createReader(root, now);
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

  return {
    entries: (root, selection, asking) => contextAt(root, asking.mayKeep).entries(selection, asking),
  };
}

type ContextReader = {
  entries(selection: Selection, asking: Asking): Promise<readonly Entry[]>;
};
type WarmContext = ContextReader & { close(): Promise<void> };

function createReader(root: string, now: () => number) {
  const index = createContextIndex(root, now);
  const plans = new Map<string, Plan>();
  return {
    index,
    forget() {
      index.forget();
      plans.clear();
    },
    entries(selection: Selection, { signal, onNote }: Asking): Promise<readonly Entry[]> {
      const onUnrest = () => onNote('note: the build context is changing; waiting for it to come to rest');
      return takeSnapshot(selection, { root, index, plans, now, signal, onUnrest });
    },
  };
}

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
    if (change.kind === 'paths') change.paths.forEach(onPath);
    else if (existsSync(root)) reader.forget();
    else void close();
  }

  function onPath(path: string): void {
    const name = posix.relative(root, path);
    reader.index.doubt(name, true);
    // That a name has come or gone is told of the name alone.
    if (name !== '') reader.index.doubt(posix.dirname(name).replace(/^\.$/, ''), false);
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

  async function entries(selection: Selection, asking: Asking): Promise<readonly Entry[]> {
    await catchUp(asking.onNote);
    const found = withTimes(await reader.entries(selection, asking));
    // Other file systems within it may be of a kind that does not keep the times of folders.
    if (!reader.index.isWhole() || reader.index.size() > mostEntries) reader.forget();
    return found;
  }

  async function close(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    clearTimeout(idle);
    onClose();
    await opening;
    await watch?.close();
  }

  return {
    entries(selection, asking) {
      clearTimeout(idle);
      // One after the other: they share what they read.
      const mine = last.then(() => entries(selection, asking));
      const over = mine.then(
        () => {},
        () => {},
      );
      last = over;
      void over.then(() => {
        if (last === over && !isClosed) idle = setTimeout(() => void close(), idleMs).unref();
      });
      return mine;
    },
    close,
  };
}

function wordsOf(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return why.includes('ENOSPC') ? `${why}; raise fs.inotify.max_user_watches` : why;
}

/**
 * Of linux/magic.h: file systems of this machine that note the time in a folder whenever a name comes or goes, by which
 * it is known that its names are still the same. Of others, such as a network's or FUSE's, nothing is kept, and nothing
 * on other systems, where they have no such numbers.
 */
const trusted: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0xca451a4e, // bcachefs
]);

function keepsFolderTimes(root: string): boolean {
  try {
    return process.platform === 'linux' && trusted.has(statfsSync(root).type);
  } catch {
    return false;
  }
}
