/*
 * Go's filepath.Match (path/filepath/match.go), by which a pattern is checked before it is used, and by which the
 * wildcards of a COPY find symlinks.
 */

/** A regular expression for one name, or `undefined` when the pattern is malformed. `*` and `?` do not match a slash. */
export function globExpression(pattern: string): RegExp | undefined {
  const characters = [...pattern];
  let source = '';
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const set = readSet(characters, at + 1);
      if (set === undefined) return undefined;
      source += set.source;
      at = set.end;
    } else if (character === '\\') {
      at += 1;
      const escaped = characters[at];
      if (escaped === undefined) return undefined;
      source += literal(escaped);
    } else source += literal(character);
  }
  return new RegExp(`^(?:${source})$`, 'su');
}

type CharacterSet = { readonly source: string; readonly end: number };

/** From behind the bracket; `end` is the place of the closing one. */
function readSet(characters: readonly string[], start: number): CharacterSet | undefined {
  const isNegated = characters[start] === '^';
  let at = isNegated ? start + 1 : start;
  let ranges = '';
  for (let count = 0; characters[at] !== ']' || count === 0; count += 1) {
    const low = readMember(characters, at);
    if (low === undefined) return undefined;
    at = low.next;
    let high = low.character;
    if (characters[at] === '-') {
      const end = readMember(characters, at + 1);
      if (end === undefined) return undefined;
      high = end.character;
      at = end.next;
    }
    // Go takes a range that is upside down for an empty one.
    if (codePoint(low.character) <= codePoint(high)) ranges += `${literal(low.character)}-${literal(high)}`;
  }
  // In Go even a negated set does not stop at a slash.
  return { source: `[${isNegated ? '^' : ''}${ranges}]`, end: at };
}

function readMember(characters: readonly string[], at: number) {
  const first = characters[at];
  if (first === undefined || first === '-' || first === ']') return undefined;
  const character = first === '\\' ? characters[at + 1] : first;
  const next = at + (first === '\\' ? 2 : 1);
  // Go wants something behind each member: at least the closing bracket.
  if (character === undefined || next >= characters.length) return undefined;
  return { character, next };
}

export function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Usable inside and outside of a set. */
export function literal(character: string): string {
  return `\\u{${codePoint(character).toString(16)}}`;
}
