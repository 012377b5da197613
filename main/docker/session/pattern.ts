import { posix } from 'node:path';
import { askGlob } from './glob.ts';
import { readExpression } from './re2.ts';

/*
 * One pattern as moby/patternmatcher (patternmatcher.go @5a6d842) understands it, quirks included: what is sent has
 * to be what the docker CLI would send.
 */

export type Pattern = {
  /** Cleaned, without the exclamation mark. */
  readonly text: string;
  /** Takes back what earlier patterns matched. */
  readonly isException: boolean;
  matches(path: string): boolean;
};

export class BadPattern extends Error {
  constructor(pattern: string, why: string) {
    super(`the pattern ${JSON.stringify(pattern)} ${why}`);
  }
}

/** What Go's strings.TrimSpace takes away. */
const space = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const outerSpace = new RegExp(`^${space}|${space}$`, 'g');

/** `undefined` for a blank one. */
export function readPattern(written: string): Pattern | undefined {
  const trimmed = written.replace(outerSpace, '');
  if (trimmed === '') return undefined;
  const cleaned = clean(trimmed);
  const isException = cleaned.startsWith('!');
  const text = isException ? cleaned.slice(1) : cleaned;
  if (text === '') throw new BadPattern(written, 'is an exclamation mark alone');
  if (askGlob(text, '.') === 'malformed') throw new BadPattern(written, 'is malformed');
  return { text, isException, matches: lazily(() => compile(text)) };
}

/** Go's filepath.Clean. */
function clean(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

type Test = (path: string) => boolean;

/** As over there: an expression that cannot be compiled is an error when it is first asked, and not before. */
function lazily(make: () => Test): Test {
  let test: Test | undefined;
  return (path) => {
    test ??= make();
    return test(path);
  };
}

type Scan = { kind: 'exact' | 'prefix' | 'suffix' | 'expression'; source: string };

function compile(text: string): Test {
  const { kind, source } = scan(text);
  switch (kind) {
    case 'exact':
      return (path) => path === text;
    case 'prefix': {
      const prefix = text.slice(0, -2);
      return (path) => path.startsWith(prefix);
    }
    case 'suffix': {
      const suffix = text.slice(2);
      return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
    }
    case 'expression': {
      const expression = readExpression(`^${source}$`);
      if (expression === undefined) throw new BadPattern(text, 'is malformed');
      // A byte that is no UTF-8 is U+FFFD to Go's expressions.
      return (path) => expression.test(path.toWellFormed());
    }
  }
}

/** Pattern.compile over there: a source for Go's regexp, unless something simpler does. */
function scan(text: string): Scan {
  const characters = [...text.toWellFormed()];
  const result: Scan = { kind: 'exact', source: '' };
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '*' && characters[at + 1] === '*') {
      const isFirst = at === 0;
      at += 1;
      if (characters[at + 1] === '/') at += 1;
      addDoubleStar(result, at + 1 === characters.length);
      if (isFirst) result.kind = 'suffix';
    } else if (character === '\\') {
      at += 1;
      addEscape(result, characters[at]);
    } else addCharacter(result, character);
  }
  return result;
}

function addDoubleStar(result: Scan, isLast: boolean): void {
  if (isLast && result.kind === 'exact') {
    result.kind = 'prefix';
    return;
  }
  result.source += isLast ? '.*' : '(.*/)?';
  result.kind = 'expression';
}

function addEscape(result: Scan, escaped: string | undefined): void {
  result.source += `\\${escaped ?? ''}`;
  if (escaped !== undefined) result.kind = 'expression';
}

function addCharacter(result: Scan, character: string): void {
  if (character === '*') result.source += '[^/]*';
  else if (character === '?') result.source += '[^/]';
  else if ('.+()|{}$'.includes(character)) result.source += `\\${character}`;
  else result.source += character;
  if ('*?[]'.includes(character)) result.kind = 'expression';
}
