import { type Pattern, readPattern } from './pattern.ts';

/*
 * moby/patternmatcher's MatchesUsingParentResults: a folder's answers are kept for what lies in it.
 */

export type PatternMatcher = {
  readonly patterns: readonly Pattern[];
  /** `parent` is what came out for the folder the path is in; absent at the top. */
  match(path: string, parent: ParentMatch | undefined): Match;
};

/** For each pattern, whether it matched. */
type ParentMatch = readonly boolean[];

export type Match = { readonly isMatch: boolean; readonly each: ParentMatch };

export function createMatcher(written: readonly string[]): PatternMatcher {
  const patterns = written.flatMap((text) => readPattern(text) ?? []);
  return {
    patterns,
    match(path, parent) {
      const each = new Array<boolean>(patterns.length).fill(false);
      let isMatch = false;
      for (const [index, pattern] of patterns.entries()) {
        if (parent?.[index] !== true) {
          // It could change nothing, and is not kept for what lies below either.
          if (pattern.isException !== isMatch) continue;
          if (!matchesHere(pattern, path, parent === undefined)) continue;
        }
        each[index] = true;
        isMatch = !pattern.isException;
      }
      return { isMatch, each };
    },
  };
}

function matchesHere(pattern: Pattern, path: string, withParents: boolean): boolean {
  if (pattern.matches(path)) return true;
  if (!withParents) return false;
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    if (pattern.matches(path.slice(0, at))) return true;
  }
  return false;
}

/**
 * Whether something below a folder can match one of these, as tonistiigi/fsutil (filter.go) decides it: from their
 * beginnings when none of them has a wildcard before its end.
 */
export function createReach(patterns: readonly Pattern[]): (folder: string) => boolean {
  const starts = patterns.map(({ text }) => withoutTrailingGlob(text));
  if (starts.some((start) => /[*[\]?^\\]/.test(start))) return () => true;
  return (folder) => starts.some((start) => `${start}/`.startsWith(`${folder}/`));
}

function withoutTrailingGlob(text: string): string {
  return removeSuffix(removeSuffix(text, '/**'), '/*');
}

function removeSuffix(text: string, suffix: string): string {
  return text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
}
