import type { Breather } from '../breather.ts';
import { type ContextFiles, type Entry, fileSystemOf, readEntry, readNames } from './context-entry.ts';
import { findChanged, turn } from './context-snapshot.ts';
import { linked, type Selection, walkContext } from './context-walk.ts';
import { createPacker, type PackedEntries } from './packed-entries.ts';
import { parentOf } from './path-text.ts';

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
    const pausing = turn(breathe, signal);
    if (pausing !== undefined) await pausing;
  }
  const changed = await findChanged(root, recorded.readTwice, breathe, signal);
  return changed.length === 0 && recorded.isAllSo() && isTrusted() ? packer.end() : undefined;
}

function recordFiles({ root, known, wasSo }: QuickLook) {
  const folders = new Map<string, readonly string[] | undefined>();
  const opened = new Set<string>();
  const readTwice: { readonly path: string; readonly entry: Entry }[] = [];
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
      readTwice.push({ path, entry });
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
