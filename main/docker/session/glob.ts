/*
 * Go's filepath.Match (path/filepath/match.go), by which a pattern is checked before it is used, and by which the
 * wildcards of a COPY find symlinks. What lies behind the first part that does not match is not checked over there, so
 * that the name decides whether a pattern counts as malformed.
 */

export type GlobAnswer = 'match' | 'no match' | 'malformed';

type Characters = readonly string[];

export function askGlob(pattern: string, name: string): GlobAnswer {
  let rest: Characters = [...pattern];
  let left: Characters = [...name];
  while (rest.length > 0) {
    const { hasStar, chunk, after } = nextChunk(rest);
    rest = after;
    if (hasStar && chunk.length === 0) return left.includes('/') ? 'no match' : 'match';
    const found = findChunk(chunk, left, hasStar, rest.length === 0);
    if (typeof found === 'string') return found;
    left = found;
  }
  return left.length === 0 ? 'match' : 'no match';
}

/** Up to the next star outside of a set. */
function nextChunk(pattern: Characters) {
  let start = 0;
  while (pattern[start] === '*') start += 1;
  let isInSet = false;
  let end = start;
  for (; end < pattern.length; end += 1) {
    const character = pattern[end];
    if (character === '*' && !isInSet) break;
    if (character === '\\') end += end + 1 < pattern.length ? 1 : 0;
    else if (character === '[') isInSet = true;
    else if (character === ']') isInSet = false;
  }
  return { hasStar: start > 0, chunk: pattern.slice(start, end), after: pattern.slice(end) };
}

/** What is left of the name behind the chunk; a star before it lets it begin further on, but not past a slash. */
function findChunk(
  chunk: Characters,
  name: Characters,
  hasStar: boolean,
  isLast: boolean,
): Characters | 'no match' | 'malformed' {
  for (let skipped = 0; ; skipped += 1) {
    const left = matchChunk(chunk, name.slice(skipped));
    if (left === 'malformed') return left;
    if (left !== 'no match' && (!isLast || left.length === 0)) return left;
    if (!hasStar || skipped >= name.length || name[skipped] === '/') return 'no match';
  }
}

function matchChunk(chunk: Characters, name: Characters): Characters | 'no match' | 'malformed' {
  let hasFailed = false;
  let used = 0;
  for (let at = 0; at < chunk.length; used += 1) {
    const character = name[used];
    hasFailed ||= character === undefined;
    const part = readPart(chunk, at);
    if (part === undefined) return 'malformed';
    hasFailed ||= !part.matches(character ?? '');
    at = part.next;
  }
  return hasFailed ? 'no match' : name.slice(used);
}

type Part = { matches(character: string): boolean; readonly next: number };

/** `undefined` when it is malformed. */
function readPart(chunk: Characters, at: number): Part | undefined {
  const character = chunk[at] ?? '';
  if (character === '[') return readSet(chunk, at + 1);
  if (character === '?') return { matches: (one) => one !== '/', next: at + 1 };
  const isEscape = character === '\\';
  const wanted = isEscape ? chunk[at + 1] : character;
  if (wanted === undefined) return undefined;
  return { matches: (one) => one === wanted, next: at + (isEscape ? 2 : 1) };
}

/** From behind the bracket. */
function readSet(chunk: Characters, start: number): Part | undefined {
  const isNegated = chunk[start] === '^';
  const ranges: { readonly low: number; readonly high: number }[] = [];
  let at = isNegated ? start + 1 : start;
  while (chunk[at] !== ']' || ranges.length === 0) {
    const low = readMember(chunk, at);
    const high = low !== undefined && chunk[low.next] === '-' ? readMember(chunk, low.next + 1) : low;
    if (low === undefined || high === undefined) return undefined;
    ranges.push({ low: codePoint(low.character), high: codePoint(high.character) });
    at = high.next;
  }
  const isIn = (code: number) => ranges.some(({ low, high }) => low <= code && code <= high);
  return { matches: (one) => isIn(codePoint(one)) !== isNegated, next: at + 1 };
}

function readMember(chunk: Characters, at: number) {
  const first = chunk[at];
  if (first === undefined || first === '-' || first === ']') return undefined;
  const character = first === '\\' ? chunk[at + 1] : first;
  const next = at + (first === '\\' ? 2 : 1);
  // Go wants something behind each member: at least the closing bracket.
  return character === undefined || next >= chunk.length ? undefined : { character, next };
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}
