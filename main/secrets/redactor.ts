import type { Redactor } from '#main/core/ports/secrets.ts';
import { formsOf, minSecretLength } from './secret-forms.ts';
import { redacted, secretShapes } from './secret-shapes.ts';

type Span = { readonly start: number; readonly end: number };
type Finder = (text: string) => readonly Span[];

/** Has no secret of its own to start with; shapes are always looked for. */
export function createRedactor(): Redactor {
  const needles = new Set<string>();
  let findValues: Finder | undefined;

  function redact(text: string): string {
    if (text.length < minSecretLength) return text;
    findValues ??= createFinder([...needles]);
    // Both in the text as it came: what one of them replaced would no longer look like anything to the other.
    const spans = [...findValues(text), ...findShapes(text)];
    return spans.length === 0 ? text : replaceSpans(text, spans);
  }

  function redactDeep<T>(value: T): T {
    // Same shape in, same shape out; TypeScript cannot follow that through the recursion.
    return walk(value, redact) as T;
  }

  return {
    redact,
    redactDeep,
    learn(values) {
      for (const value of values) {
        for (const form of formsOf(value)) needles.add(form);
      }
      findValues = undefined;
    },
  };
}

const anyShape = new RegExp(secretShapes.map(({ pattern }) => `(?:${pattern.source})`).join('|'), 'i');

function findShapes(text: string): readonly Span[] {
  // Nearly every line has none, and asking once is cheaper than asking for each.
  if (!anyShape.test(text)) return [];
  return secretShapes.flatMap(({ pattern }) =>
    [...text.matchAll(pattern)].map((match) => ({
      start: match.index + (match[1]?.length ?? 0),
      end: match.index + match[0].length,
    })),
  );
}

/** Of a needle's first characters; few bits, so that the table stays in the processor's cache. */
const hashBits = 16;

function hashAt(text: string, at: number): number {
  const first = text.charCodeAt(at) * 31 + text.charCodeAt(at + 1);
  const second = text.charCodeAt(at + 2) * 31 + text.charCodeAt(at + 3);
  return Math.imul(first * 961 + second, 0x9e3779b1) >>> (32 - hashBits);
}

/**
 * Looks for all needles at once, by their first four characters. One regular expression of them all would be too large
 * for a key of many lines, and the error would repeat the key.
 */
function createFinder(needles: readonly string[]): Finder {
  if (needles.length === 0) return () => [];
  const mayBegin = new Uint8Array(1 << hashBits);
  const byHash = new Map<number, string[]>();
  for (const needle of needles) {
    const hash = hashAt(needle, 0);
    mayBegin[hash] = 1;
    const known = byHash.get(hash);
    if (known === undefined) byHash.set(hash, [needle]);
    else known.push(needle);
  }
  return (text) => {
    const spans: Span[] = [];
    for (let start = 0; start <= text.length - minSecretLength; start += 1) {
      const hash = hashAt(text, start);
      if (mayBegin[hash] === 0) continue;
      for (const needle of byHash.get(hash) ?? []) {
        if (text.startsWith(needle, start)) spans.push({ start, end: start + needle.length });
      }
    }
    return spans;
  };
}

/** Overlapping ones are taken together: the tail of a second secret must not stay. */
function replaceSpans(text: string, spans: readonly Span[]): string {
  const joined: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last === undefined || span.start >= last.end) joined.push(span);
    else joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
  }
  const parts: string[] = [];
  let done = 0;
  for (const { start, end } of joined) {
    parts.push(text.slice(done, start), hidden(text.slice(start, end)));
    done = end;
  }
  parts.push(text.slice(done));
  return parts.join('');
}

/**
 * A secret over several lines leaves as many lines behind, each with what stands for it. A line break that stood beside
 * the secret's text does not come to stand beside other text: the two could read as another secret.
 */
function hidden(secret: string): string {
  return secret
    .split('\n')
    .map((line) => (line === '' ? '' : redacted))
    .join('\n');
}

function walk(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, redact));
  if (value === null || typeof value !== 'object' || !isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), walk(item, redact)]));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
