import { type Dirent, type FSWatcher, lstatSync, readdirSync, watch } from 'node:fs';
import { toBytes } from './binary-path.ts';

/** A folder with all that is below it. Paths are in binary text (binary-path.ts). */
export type WatchedTree = {
  /** Looks whether the folder is still the one that is watched. */
  check(): void;
  /** All watches anew: events have been lost, and with them perhaps new folders. */
  renew(): void;
  close(): void;
};

export type TreeOptions = {
  readonly root: string;
  /** For each event, before anything is done about it. */
  readonly onEvent: () => void;
  /** For each watch that is given up. */
  readonly onGivenUp: () => void;
  /** Something may be different there; of a folder that is new or has moved, also anything below. */
  readonly onPath: (path: string) => void;
  readonly onDoubt: (why: string) => void;
  /** Nothing is watched any more. */
  readonly onEnd: (why: string) => void;
  /** How many folders may be watched. */
  readonly most: number;
};

/** No more watches are to be had. */
export class WatchRefused extends Error {}

type Folder = {
  readonly path: string;
  readonly parent: Folder | undefined;
  readonly name: string;
  readonly folders: Map<string, Folder>;
  /** Names of folders in it that this user may not read. */
  readonly closed: Set<string>;
  watcher: FSWatcher | undefined;
  isGone: boolean;
};

/** What changes in there does not change a build, and every question to git changes something. */
const ignored: ReadonlySet<string> = new Set(['.git']);

/**
 * One inotify watch a folder. A folder is watched before it is read, so that what is made in it meanwhile is told; and
 * whenever one appears, it is watched and read anew with all that is below it, because it may have come as a whole.
 * Throws WatchRefused, and the system's error where there is no such folder.
 */
export function watchTree(options: TreeOptions): WatchedTree {
  const { root, onEvent, onGivenUp, onPath, onDoubt, onEnd, most } = options;
  let top: Folder | undefined;
  let identity: string | undefined;
  let isClosed = false;
  let count = 0;

  function add(path: string, parent: Folder | undefined, name: string): Folder {
    const folder = folderAt(path, parent, name);
    parent?.folders.set(name, folder);
    const waiting = [folder];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      next.parent?.closed.delete(next.name);
      if (!open(next)) {
        next.parent?.folders.delete(next.name);
        next.parent?.closed.add(next.name);
        continue;
      }
      for (const below of foldersIn(next)) {
        next.folders.set(below.name, below);
        waiting.push(below);
      }
    }
    return folder;
  }

  /** Whether it is watched now; not where it is gone or this user may not read it. */
  function open(folder: Folder): boolean {
    if (count >= most) throw new WatchRefused(`there are more than ${most} folders`);
    try {
      const watcher = watch(toBytes(folder.path), { encoding: 'buffer' }, (kind, name) =>
        onChange(folder, kind, name),
      );
      watcher.on('error', (error) => onDoubt(`watching a folder failed: ${error.message}`));
      folder.watcher = watcher;
      count += 1;
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE') {
        throw new WatchRefused(`the system gives no more watches (${code})`);
      }
      return false;
    }
  }

  function drop(folder: Folder): void {
    folder.parent?.folders.delete(folder.name);
    const waiting = [folder];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      next.isGone = true;
      waiting.push(...next.folders.values());
      if (next.watcher === undefined) continue;
      count -= 1;
      onGivenUp();
      const { watcher } = next;
      // Not yet: what waits in the queue for it is to be counted.
      setImmediate(() => watcher.close());
    }
  }

  function onChange(folder: Folder, kind: string, bytes: Buffer | null): void {
    onEvent();
    if (folder.isGone || isClosed) return;
    const name = bytes === null ? '' : bytes.toString('latin1');
    if (ignored.has(name)) return;
    try {
      if (kind === 'rename' || folder.closed.has(name)) onName(folder, name);
      onPath(name === '' ? folder.path : `${folder.path}/${name}`);
    } catch (error) {
      end(error);
    }
  }

  /** A name has come, gone, or stands for something else now. */
  function onName(folder: Folder, name: string): void {
    const before = folder.folders.get(name);
    if (before !== undefined) drop(before);
    const path = `${folder.path}/${name}`;
    folder.closed.delete(name);
    if (isFolder(path)) add(path, folder, name);
    // A folder's own end comes under its own name, which may be a name in it too.
    if (name !== lastPart(folder.path)) return;
    if (folder.parent === undefined) check();
    else if (!folder.isGone) {
      onName(folder.parent, folder.name);
      onPath(folder.path);
    }
  }

  function check(): void {
    if (isClosed || identityOf(root) === identity) return;
    onDoubt('the folder is gone, or another has taken its place');
    renew();
  }

  function renew(): void {
    if (isClosed) return;
    try {
      if (top !== undefined) drop(top);
      start();
    } catch (error) {
      end(error);
    }
  }

  function start(): void {
    // Before: one that takes its place in this moment is found at the next look.
    identity = identityOf(root);
    top = identity === undefined ? undefined : add(root, undefined, '');
  }

  function end(error: unknown): void {
    if (isClosed) return;
    close();
    onEnd(error instanceof Error ? error.message : String(error));
  }

  function close(): void {
    isClosed = true;
    if (top !== undefined) drop(top);
  }

  try {
    start();
    // Says what is wrong with it.
    if (top?.watcher === undefined) readdirSync(toBytes(root));
  } catch (error) {
    close();
    throw error;
  }
  return { check, renew, close };
}

function foldersIn(folder: Folder): readonly Folder[] {
  return readFolder(folder.path).flatMap((each) => {
    const name = each.name.toString('latin1');
    if (!each.isDirectory() || ignored.has(name)) return [];
    const path = `${folder.path}/${name}`;
    return [folderAt(path, folder, name)];
  });
}

function folderAt(path: string, parent: Folder | undefined, name: string): Folder {
  return {
    path,
    parent,
    name,
    folders: new Map(),
    closed: new Set(),
    watcher: undefined,
    isGone: false,
  };
}

function readFolder(path: string): readonly Dirent<Buffer>[] {
  try {
    return readdirSync(toBytes(path), { withFileTypes: true, encoding: 'buffer' });
  } catch {
    // Gone again, or not for this user to read.
    return [];
  }
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(toBytes(path), { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

function identityOf(path: string): string | undefined {
  try {
    const facts = lstatSync(toBytes(path), { bigint: true, throwIfNoEntry: false });
    return facts?.isDirectory() === true ? `${facts.dev}:${facts.ino}` : undefined;
  } catch {
    return undefined;
  }
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
