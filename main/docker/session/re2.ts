/*
 * The part of Go's regular expressions (RE2) that a pattern of .dockerignore can turn into, as one of JavaScript's.
 * The same letters mean different things here and there: a lone bracket, a set with a bracket in it, `.` and line ends.
 */

/** `undefined` when Go would not compile it, or it uses what no ignore file needs (`\Q`, `\p`, `\x`, `\C`). */
export function readExpression(source: string): RegExp | undefined {
  const characters = [...source];
  let result = '';
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '[') {
      const set = readSet(characters, at + 1);
      if (set === undefined) return undefined;
      result += set.source;
      at = set.next - 1;
    } else if (character === '\\') {
      at += 1;
      const escaped = readEscape(characters[at]);
      if (escaped === undefined) return undefined;
      result += escaped;
    } else if (character === '.') result += '[^\\n]';
    else result += '^$*?()'.includes(character) ? character : literal(character);
  }
  try {
    return new RegExp(result, 'u');
  } catch {
    return undefined;
  }
}

/** Only ASCII, other than JavaScript's `\s`. */
const classes: Readonly<Record<string, string>> = {
  d: '0-9',
  w: '0-9A-Za-z_',
  s: '\\t\\n\\f\\r ',
};

const controls: Readonly<Record<string, string>> = {
  a: '\\u{7}',
  f: '\\f',
  t: '\\t',
  n: '\\n',
  r: '\\r',
  v: '\\v',
};

function readEscape(character: string | undefined): string | undefined {
  if (character === undefined) return undefined;
  if (character === 'b' || character === 'B') return `\\${character}`;
  if (character === 'A') return '^';
  if (character === 'z') return '$';
  const members = classes[character.toLowerCase()];
  if (members !== undefined) return `[${character === character.toLowerCase() ? '' : '^'}${members}]`;
  return readCharacterEscape(character);
}

function readCharacterEscape(character: string): string | undefined {
  const control = controls[character];
  if (control !== undefined) return control;
  // Go lets only punctuation be escaped; other letters and digits mean something or are an error.
  return codePoint(character) < 0x80 && !/[0-9A-Za-z_]/.test(character) ? literal(character) : undefined;
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\u{0}-\\u{7f}',
  blank: '\\t ',
  cntrl: '\\u{0}-\\u{1f}\\u{7f}',
  digit: '0-9',
  graph: '\\u{21}-\\u{7e}',
  lower: 'a-z',
  print: '\\u{20}-\\u{7e}',
  punct: '\\u{21}-\\u{2f}\\u{3a}-\\u{40}\\u{5b}-\\u{60}\\u{7b}-\\u{7e}',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

type Read = { readonly source: string; readonly next: number };

/** From behind the bracket. */
function readSet(characters: readonly string[], start: number): Read | undefined {
  const isNegated = characters[start] === '^';
  const first = isNegated ? start + 1 : start;
  let source = isNegated ? '[^' : '[';
  let at = first;
  while (characters[at] !== ']' || at === first) {
    const member = readNamedClass(characters, at) ?? readRange(characters, at);
    if (member === undefined) return undefined;
    source += member.source;
    at = member.next;
  }
  return { source: `${source}]`, next: at + 1 };
}

/** `[:alpha:]` or `\d`. */
function readNamedClass(characters: readonly string[], at: number): Read | undefined {
  const escaped = characters[at] === '\\' ? characters[at + 1] : undefined;
  const members = escaped === undefined ? undefined : classes[escaped];
  if (members !== undefined) return { source: members, next: at + 2 };
  const name = /^\[:([a-z]+):\]/.exec(characters.slice(at, at + 12).join(''))?.[1];
  const posixMembers = name === undefined ? undefined : posixClasses[name];
  return name === undefined || posixMembers === undefined
    ? undefined
    : { source: posixMembers, next: at + name.length + 4 };
}

function readRange(characters: readonly string[], at: number): Read | undefined {
  const low = readMember(characters, at);
  if (low === undefined) return undefined;
  const isRange = characters[low.next] === '-' && characters[low.next + 1] !== ']';
  if (!isRange) return low;
  const high = readMember(characters, low.next + 1);
  return high === undefined ? undefined : { source: `${low.source}-${high.source}`, next: high.next };
}

function readMember(characters: readonly string[], at: number): Read | undefined {
  const character = characters[at];
  if (character === undefined) return undefined;
  if (character !== '\\') return { source: literal(character), next: at + 1 };
  const escaped = characters[at + 1];
  const source = escaped === undefined ? undefined : readCharacterEscape(escaped);
  return source === undefined ? undefined : { source, next: at + 2 };
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

/** Usable inside and outside of a set. */
function literal(character: string): string {
  return `\\u{${codePoint(character).toString(16)}}`;
}
