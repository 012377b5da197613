import { posix } from 'node:path';
import type { ContextFiles } from './context-entry.ts';
import { askGlob } from './glob.ts';

/*
 * The engine asks for the sources of a COPY by name; a symlink among them, or on the way to them, is of no use without
 * what it points to. As in tonistiigi/fsutil's followlinks.go.
 */

/** Patterns that take in each path and what its links lead to; none when the whole context is meant. */
export function followLinks(files: ContextFiles, paths: readonly string[]): readonly string[] {
  const resolved = new Set<string>();
  for (const path of paths) follow(files, path, resolved);
  return withoutNested([...resolved].sort());
}

function follow(files: ContextFiles, asked: string, resolved: Set<string>): void {
  let rest = inside(asked);
  let current = '.';
  for (;;) {
    const slash = rest.indexOf('/');
    current = posix.join(current, slash === -1 ? rest : rest.slice(0, slash));
    rest = slash === -1 ? '' : rest.slice(slash + 1);
    const targets = readLinks(files, current, true);
    if (rest !== '' && targets === undefined) continue;
    // Also what ends a loop of links.
    if (resolved.has(current)) return;
    resolved.add(current);
    for (const target of targets ?? []) follow(files, posix.join(target, rest), resolved);
    return;
  }
}

/** Below the context whatever it says: a link to `/etc` or `../..` means what is there in the context. */
function inside(path: string): string {
  const rooted = posix.join('/', path).replace(/\/+$/, '');
  return rooted === '' ? '.' : rooted.slice(1);
}

/** Where a link points, or all the links that a wildcard matches; `undefined` when there is none. */
function readLinks(
  files: ContextFiles,
  path: string,
  allowsWildcard: boolean,
): readonly string[] | undefined {
  const name = posix.basename(path);
  const folder = posix.dirname(path);
  if (allowsWildcard && hasWildcard(name)) {
    const names = (files.names(folder === '.' ? '' : folder) ?? []).filter(
      (each) => askGlob(name, each) === 'match',
    );
    const targets = names.flatMap((each) => readLinks(files, posix.join(folder, each), false) ?? []);
    return targets.length === 0 ? undefined : targets;
  }
  if (path === '.') return undefined;
  const entry = files.entry(path);
  if (entry?.kind !== 'symlink' || entry.link === undefined) return undefined;
  return [entry.link.startsWith('/') ? entry.link : posix.join('/', folder, entry.link)];
}

function hasWildcard(name: string): boolean {
  return /[*?[]/.test(name.replace(/\\./gs, ''));
}

/** Of sorted paths. The context itself means no pattern at all. */
function withoutNested(paths: readonly string[]): readonly string[] {
  if (paths.includes('.')) return [];
  const result: string[] = [];
  for (const path of paths) {
    const last = result.at(-1);
    if (last === undefined || !path.startsWith(`${last}/`)) result.push(path);
  }
  return result;
}
