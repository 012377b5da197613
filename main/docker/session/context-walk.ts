import type { ContextFiles, Entry } from './context-entry.ts';
import { followLinks } from './follow-links.ts';
import { createMatcher, createReach, type Match } from './pattern-matcher.ts';

/** What the engine asks for. Absent lists mean everything. */
export type Selection = {
  readonly followPaths?: readonly string[] | undefined;
  readonly includePatterns?: readonly string[] | undefined;
  readonly excludePatterns?: readonly string[] | undefined;
};

/**
 * The files of a context in the order in which they are sent: depth first, by the bytes of their names. A folder that
 * holds something selected is there even when it is not selected itself. `undefined` is nothing but a place to pause.
 * Throws BadPattern, and `config-invalid` for what cannot be read.
 */
export function* walkContext(files: ContextFiles, selection: Selection): Generator<Entry | undefined> {
  yield* walkFolder(files, '', createFilter(files, selection), undefined, []);
}

/** Linked names go to the first of them that is sent. */
export function withLinks(entries: readonly Entry[]): readonly Entry[] {
  const firstNames = new Map<string, string>();
  return entries.map((entry) => linked(entry, firstNames));
}

/** With what came before it. */
export function linked(entry: Entry, firstNames: Map<string, string>): Entry {
  if (entry.names < 2n || entry.kind === 'folder') return entry;
  const first = firstNames.get(entry.identity);
  if (first === undefined) firstNames.set(entry.identity, entry.path);
  return first === undefined || entry.kind === 'symlink' ? entry : { ...entry, link: first };
}

type Parent = { readonly include: Match | undefined; readonly exclude: Match | undefined };

type Verdict = Parent & {
  readonly isSelected: boolean;
  /** Whether something below it may be selected. */
  mayReach(): boolean;
};

type Filter = (path: string, parent: Parent | undefined) => Verdict;

/** tonistiigi/fsutil's filter.go. */
function createFilter(files: ContextFiles, selection: Selection): Filter {
  const followed = selection.followPaths === undefined ? [] : followLinks(files, selection.followPaths);
  const included = [...(selection.includePatterns ?? []), ...followed];
  const include = included.length === 0 ? undefined : createMatcher(included);
  const excluded = selection.excludePatterns ?? [];
  const exclude = excluded.length === 0 ? undefined : createMatcher(excluded);
  const includes = createReach(include?.patterns.filter(({ isException }) => !isException) ?? []);
  const excepts = createReach(exclude?.patterns.filter(({ isException }) => isException) ?? []);
  return (path, parent) => {
    const inMatch = include?.match(path, parent?.include?.each);
    const isIn = inMatch?.isMatch ?? true;
    const exMatch = exclude?.match(path, parent?.exclude?.each);
    const isOut = exMatch?.isMatch ?? false;
    return {
      include: inMatch,
      exclude: exMatch,
      isSelected: isIn && !isOut,
      mayReach: () => (isIn || includes(path)) && (!isOut || excepts(path)),
    };
  };
}

/** `waiting` are the folders on the way here that were not sent. */
function* walkFolder(
  files: ContextFiles,
  folder: string,
  filter: Filter,
  parent: Verdict | undefined,
  waiting: Entry[],
): Generator<Entry | undefined> {
  for (const name of namesIn(files, folder, parent)) {
    const path = folder === '' ? name : `${folder}/${name}`;
    const verdict = filter(path, parent);
    if (!verdict.isSelected && !verdict.mayReach()) {
      yield undefined;
      continue;
    }
    const entry = files.entry(path);
    // Gone since the folder was read: as if it had never been there.
    if (entry === undefined) continue;
    if (!verdict.isSelected) yield undefined;
    else yield* [...waiting.splice(0), entry];
    if (entry.kind !== 'folder' || !verdict.mayReach()) continue;
    if (!verdict.isSelected) waiting.push(entry);
    yield* walkFolder(files, path, filter, verdict, waiting);
    if (waiting.at(-1) === entry) waiting.pop();
  }
}

/** A folder that is only looked through for exceptions may stay closed. */
function namesIn(files: ContextFiles, folder: string, verdict: Verdict | undefined): readonly string[] {
  try {
    return files.names(folder) ?? [];
  } catch (error) {
    if (verdict?.isSelected === false) return [];
    throw error;
  }
}
