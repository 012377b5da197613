import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { Problem } from '#shared/domain/errors.ts';

export type Position = { readonly line: number; readonly column: number };
export type YamlPath = readonly PropertyKey[];

/** A YAML file that remembers where each of its values stands. */
export type YamlSource = {
  /** Plain data; `undefined` when the text is empty or cannot be read as YAML at all. */
  readonly data: unknown;
  readonly problems: readonly Problem[];
  /** Where the value at a path stands, or the nearest thing around it that does. */
  valueAt(path: YamlPath): Position | undefined;
  /** Where the key that a path ends with stands. */
  keyAt(path: YamlPath): Position | undefined;
};

export function readYaml(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = [...document.errors, ...document.warnings];
  const problems = faults.map((fault) => problemOf(file, fault, positionOf(fault.pos[0])));
  // After a syntax error the tree is a guess, and every further complaint would be about the guess.
  const isGuess = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
  const read = isGuess ? { data: undefined, problems: [] } : toData(file, document, positionOf);
  return {
    data: read.data,
    problems: [...problems, ...read.problems],
    valueAt: (path) => offsetOf(document, path, 'value').map(positionOf)[0],
    keyAt: (path) => offsetOf(document, path, 'key').map(positionOf)[0],
  };
}

function toData(
  file: string,
  document: Document.Parsed,
  positionOf: (offset: number) => Position,
): { data: unknown; problems: Problem[] } {
  const dangling: Problem[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      dangling.push({
        file,
        ...positionOf(alias.range?.[0] ?? 0),
        what: `There is no anchor &${alias.source}.`,
        hint: `Write the value out, or quote it if it is meant to start with "*".`,
      });
    },
  });
  if (dangling.length > 0) return { data: undefined, problems: dangling };
  try {
    // `null` for an empty document; the same as nothing written.
    return { data: document.toJS() ?? undefined, problems: [] };
  } catch (error) {
    const what = sentence(error instanceof Error ? error.message : String(error));
    return { data: undefined, problems: [{ file, what, hint: 'Write values out instead of aliases.' }] };
  }
}

/** Walks as far down the path as the document goes; a list with one offset, or none for an empty document. */
function offsetOf(document: Document.Parsed, path: YamlPath, want: 'key' | 'value'): number[] {
  let node: unknown = document.contents;
  let found = isNode(node) ? node.range?.[0] : undefined;
  for (const [depth, part] of path.entries()) {
    const isLast = depth === path.length - 1;
    let next: unknown;
    if (isMap(node)) {
      // Of duplicate keys the last one counts, as in the data.
      const pair = node.items.findLast(
        (item) => isScalar(item.key) && String(item.key.value) === String(part),
      );
      const key = isPair(pair) && isNode(pair.key) ? pair.key.range?.[0] : undefined;
      if (key === undefined) break;
      next = pair?.value;
      const value = isNode(next) ? next.range?.[0] : undefined;
      found = (isLast && want === 'key') || isBelowKey(next) ? key : (value ?? key);
    } else if (isNode(node) && 'get' in node && typeof node.get === 'function') {
      next = node.get(part, true);
      if (!isNode(next)) break;
      found = next.range?.[0] ?? found;
    } else break;
    node = next;
  }
  return found === undefined ? [] : [found];
}

/** A block mapping starts on the next line, and nothing has no place at all: people look for the key. */
function isBelowKey(value: unknown): boolean {
  return (
    (isMap(value) && value.flow !== true) || (isScalar(value) && value.value === null && value.source === '')
  );
}

function problemOf(file: string, fault: YAMLError, position: Position): Problem {
  return { file, ...position, what: sentence(fault.message), hint: hintFor(fault.code) };
}

function hintFor(code: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'Keep one of the two.';
    case 'TAB_AS_INDENT':
      return 'Indent with spaces: YAML allows no tabs there.';
    case 'BAD_INDENT':
      return 'Indent keys of the same mapping by the same number of spaces.';
    case 'MULTIPLE_DOCS':
      return 'Keep one document: remove the "---" and what follows it.';
    case 'TAG_RESOLVE_FAILED':
      return 'Remove the tag: gantry.yml uses none.';
    case 'MISSING_CHAR':
    case 'UNEXPECTED_TOKEN':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'Check quotes, brackets and indentation here and on the line before; quote text that holds ": " or " #".';
    default:
      return 'Write valid YAML here; quote text that holds special characters.';
  }
}

function sentence(text: string): string {
  const trimmed = text.trim();
  const start = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
