import type { Breather } from '../breather.ts';
import {
  type ContextFiles,
  type Entry,
  fileSystemOf,
  isUnchanged,
  readEntry,
  readNames,
} from './context-entry.ts';
import { linked, type Selection, walkContext } from './context-walk.ts';
import { createPacker, type PackedEntries } from './packed-entries.ts';

export type QuickLook = {
  readonly root: string;
  /** What was looked at since the look was begun. */
  readonly known: (path: string) => Entry | undefined;
  /** Whether all about it was as it is when the look was begun. */
  readonly wasSo: (entry: Entry) => boolean;
  /** Whether that can be told at all, asked at the end. */
  readonly isTrusted: () => boolean;
  readonly breathe: Breather;
  readonly signal: AbortSignal | undefined;
};

/**
 * The selected files as they all were when the look was begun, where nothing has changed since (context-snapshot.ts):
 * what takeSnapshot finds then, without keeping more of a file than is told of it. `undefined` where something may have
 * changed, or where it fails: whoever needs them takes a snapshot, and learns why.
 */
export async function lookQuickly(
  selection: Selection,
  options: QuickLook,
): Promise<PackedEntries | undefined> {
  const { root, isTrusted, breathe, signal } = options;
  const recorded = recordFiles(options);
  const packer = createPacker();
  const firstNames = new Map<string, string>();
  for (const entry of walkContext(recorded.files, selection)) {
    if (entry !== undefined) packer.add(linked(entry, firstNames));
    if (!recorded.isAllSo()) return undefined;
    const pausing = breathe();
    if (pausing !== undefined) await pausing;
    signal?.throwIfAborted();
  }
  for (const entry of recorded.readTwice) {
    if (!isUnchanged(root, entry.path, entry)) return undefined;
    const pausing = breathe();
    if (pausing !== undefined) await pausing;
    signal?.throwIfAborted();
  }
  return recorded.isAllSo() && isTrusted() ? packer.end() : undefined;
}

function recordFiles({ root, known, wasSo }: QuickLook) {
  const folders = new Map<string, readonly string[] | undefined>();
  const opened = new Set<string>();
  const readTwice: Entry[] = [];
  let fileSystem: string | undefined;
  let isAllSo = true;

  function entryAt(path: string): Entry | undefined {
    const entry = known(path) ?? readEntry(root, path);
    if (entry === undefined) {
      // What is not there was not there when what it would lie in had the same names.
      if (path === '') isAllSo = false;
      else if (!opened.has(parentOf(path))) entryAt(parentOf(path));
      return undefined;
    }
    if (!wasSo(entry)) isAllSo = false;
    if (entry.kind !== 'file') {
      readTwice.push(entry);
      opened.add(path);
      fileSystem ??= fileSystemOf(entry);
    }
    if (fileSystem !== undefined && !entry.identity.startsWith(`${fileSystem}:`)) isAllSo = false;
    return entry;
  }

  const files: ContextFiles = {
    entry: entryAt,
    names(path) {
      if (!folders.has(path)) {
        if (!opened.has(path)) entryAt(path);
        folders.set(path, readNames(root, path));
      }
      return folders.get(path);
    },
  };
  return { files, readTwice, isAllSo: () => isAllSo };
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}
