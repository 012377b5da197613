import type { EnvEntry } from '#main/core/ports/workspace.ts';
import type { Problem } from '#shared/domain/errors.ts';

export type ParsedEnvFile = {
  /** In file order; of a key that stands there twice only the later, which is the one that counts. */
  readonly entries: readonly EnvEntry[];
  readonly problems: readonly Problem[];
  /** Keys that stand there more than once; no reason to refuse the file. */
  readonly duplicates: readonly Problem[];
};

/**
 * Reads an env file as Docker Compose does, with one difference on purpose: `$` is an ordinary character. Compose
 * would interpolate `${OTHER}` and leave a stray `$` to surprise its writer; here what is written is what is deployed.
 *
 * - `KEY=value`, `export KEY=value`, blanks around `=`; blank lines and lines starting with `#` are skipped.
 * - Unquoted: up to ` #`, unless the value starts with it, trimmed; no escapes.
 * - `'single'`: literally, over several lines if need be.
 * - `"double"`: over several lines if need be; knows \n \r \t \" \\ \$, and leaves any other backslash alone.
 * - CRLF line ends and a byte order mark are fine.
 */
export function parseEnvFile(file: string, text: string): ParsedEnvFile {
  const reader = new Reader(text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n'));
  const entries: EnvEntry[] = [];
  const problems: Problem[] = [];
  while (!reader.atEnd()) {
    const line = readLine(reader);
    if (line.kind === 'entry') entries.push(line.entry);
    else if (line.kind === 'fault') problems.push({ file, ...line.fault });
  }
  return { ...withoutDuplicates(file, entries), problems };
}

type Fault = Omit<Problem, 'file'>;
type Line =
  | { readonly kind: 'entry'; readonly entry: EnvEntry }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'nothing' };

/** Dots and dashes are no shell's names, but programs do read them and Compose passes them on. */
const keyPattern = /[A-Za-z_][A-Za-z0-9_.-]*/y;

function readLine(reader: Reader): Line {
  reader.skipBlanks();
  if (reader.peek() === '\n' || reader.peek() === '#' || reader.atEnd()) {
    reader.restOfLine();
    return { kind: 'nothing' };
  }
  if (reader.take(/export[ \t]+(?=[A-Za-z_])/y) !== undefined) reader.skipBlanks();
  const start = reader.position();
  const key = reader.take(keyPattern);
  if (key === undefined) {
    reader.restOfLine();
    return fault(
      start,
      'No variable name here.',
      'Start with a name of letters, digits and _, such as PORT=8080.',
    );
  }
  reader.skipBlanks();
  const at = reader.position();
  const sign = reader.peek();
  if (sign !== '=') {
    const isEnd = sign === '\n' || sign === '' || sign === '#';
    reader.restOfLine();
    return isEnd
      ? fault(start, `${key} has no value.`, `Write ${key}=value, or ${key}= for an empty one.`, key)
      : fault(at, `"=" expected after ${key}.`, `Names have no blanks in them; write ${key}=value.`, key);
  }
  reader.next();
  reader.skipBlanks();
  const value = readValue(reader, key);
  return value.kind === 'text'
    ? { kind: 'entry', entry: { key, value: value.text, line: start.line } }
    : { kind: 'fault', fault: value.fault };
}

type Value =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'fault'; readonly fault: Fault };

function readValue(reader: Reader, key: string): Value {
  const quote = reader.peek();
  if (quote !== '"' && quote !== "'") {
    const rest = reader.restOfLine();
    // Exactly one blank and #, as Compose looks for it: `A=#1` and `A= #1` have a value.
    const comment = rest.indexOf(' #');
    return { kind: 'text', text: (comment === -1 ? rest : rest.slice(0, comment)).trim() };
  }
  const opened = reader.position();
  const mark = reader.mark();
  reader.next();
  const quoted = quote === '"' ? readDouble(reader) : readSingle(reader);
  const after = reader.position();
  const isClosedRight = quoted !== undefined && /^[ \t]*(#.*)?$/.test(reader.restOfLine());
  if (isClosedRight) return { kind: 'text', text: quoted };
  if (quoted !== undefined && after.line === opened.line) {
    return fault(
      after,
      'Text after the closing quote.',
      'Quote the whole value, or put a blank and # before a comment.',
      key,
    );
  }
  // Closed nowhere, or by the first quote of some later line. Only this line is lost: the rest of the file must not
  // hide behind one forgotten quote.
  reader.reset(mark);
  reader.restOfLine();
  return fault(opened, 'The quote that opens here is never closed.', `End the value with ${quote}.`, key);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

function readDouble(reader: Reader): string | undefined {
  let text = '';
  while (!reader.atEnd()) {
    const char = reader.next();
    if (char === '"') return text;
    if (char !== '\\') text += char;
    else {
      const escaped = reader.next();
      text += escapes[escaped] ?? `\\${escaped}`;
    }
  }
  return undefined;
}

function readSingle(reader: Reader): string | undefined {
  let text = '';
  while (!reader.atEnd()) {
    const char = reader.next();
    if (char === "'") return text;
    text += char;
  }
  return undefined;
}

function fault(at: { line: number; column: number }, what: string, hint: string, path?: string) {
  return { kind: 'fault', fault: { ...at, ...(path === undefined ? {} : { path }), what, hint } } as const;
}

function withoutDuplicates(file: string, entries: readonly EnvEntry[]) {
  const last = new Map(entries.map((entry) => [entry.key, entry]));
  const duplicates = entries
    .filter((entry) => last.get(entry.key) !== entry)
    .map((entry) => ({
      file,
      line: entry.line,
      path: entry.key,
      what: `${entry.key} is set again on line ${last.get(entry.key)?.line}, and that one counts.`,
      hint: 'Remove one of the two.',
    }));
  return { entries: entries.filter((entry) => last.get(entry.key) === entry), duplicates };
}

/** A cursor over text whose lines end in \n. */
class Reader {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  peek(): string {
    return this.#text.charAt(this.#at);
  }

  next(): string {
    const char = this.#text.charAt(this.#at);
    this.#at++;
    if (char === '\n') {
      this.#line++;
      this.#lineStart = this.#at;
    }
    return char;
  }

  /** `pattern` is sticky and matches no line break. */
  take(pattern: RegExp): string | undefined {
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.#text)?.[0];
    this.#at += match?.length ?? 0;
    return match;
  }

  skipBlanks(): void {
    while (this.peek() === ' ' || this.peek() === '\t') this.#at++;
  }

  /** What is left of the line, its end being passed over. */
  restOfLine(): string {
    const end = this.#text.indexOf('\n', this.#at);
    const rest = this.#text.slice(this.#at, end === -1 ? undefined : end);
    this.#at = end === -1 ? this.#text.length : end;
    if (end !== -1) this.next();
    return rest;
  }

  position(): { line: number; column: number } {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  mark(): { at: number; line: number; lineStart: number } {
    return { at: this.#at, line: this.#line, lineStart: this.#lineStart };
  }

  reset(mark: { at: number; line: number; lineStart: number }): void {
    this.#at = mark.at;
    this.#line = mark.line;
    this.#lineStart = mark.lineStart;
  }
}
