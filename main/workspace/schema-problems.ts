import type * as z from 'zod';
import type { Problem } from '#shared/domain/errors.ts';
import { didYouMean } from './did-you-mean.ts';
import { type JsonSchema, keysOf, schemaAt } from './schema-walk.ts';
import type { YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

export type SchemaProblemsInput = {
  readonly file: string;
  readonly source: YamlSource;
  readonly issues: readonly Issue[];
  /** JSON Schema of what was checked, for the names of known keys. */
  readonly schema: JsonSchema;
  /** Where in the document the checked value stands. */
  readonly at: readonly PropertyKey[];
};

/** Zod's issues as a person who wrote the file needs them: where, what is wrong, what would be right. */
export function schemaProblems({ file, source, issues, schema, at }: SchemaProblemsInput): Problem[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path];
    const value = valueIn(source.data, path);
    if (issue.code === 'unrecognized_keys') {
      const known = keysOf(schemaAt(schema, issue.path));
      return issue.keys.map((key) => ({
        file,
        ...source.keyAt([...path, key]),
        path: pathText([...path, key]),
        what: `Unknown key "${key}"${path.length === 0 ? '' : ` in ${pathText(path)}`}.`,
        hint: unknownKeyHint(key, known),
      }));
    }
    if (issue.code === 'invalid_key') {
      return {
        file,
        ...source.keyAt(path),
        path: pathText(path),
        what: `"${String(path.at(-1))}" cannot be a name here.`,
        hint: `Right would be: ${issue.issues[0]?.message ?? issue.message}.`,
      };
    }
    return {
      file,
      ...source.valueAt(path),
      ...(path.length === 0 ? {} : { path: pathText(path) }),
      ...explain(issue, path, value),
    };
  });
}

/** `environments.prod.confirm`, `tests[0].run` */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}

function unknownKeyHint(key: string, known: readonly string[]): string {
  const meant = didYouMean(key, known);
  if (meant !== undefined) return `Did you mean "${meant}"?`;
  return known.length === 0 ? 'Remove it.' : `Known here: ${known.join(', ')}.`;
}

function explain(issue: Issue, path: readonly PropertyKey[], value: unknown): { what: string; hint: string } {
  const name = path.length === 0 ? 'The file' : pathText(path);
  if (value === undefined) {
    return { what: `${name} is missing.`, hint: `Add it: ${expectation(issue, path)}.` };
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    const meant = typeof value === 'string' ? didYouMean(value, allowed) : undefined;
    return {
      what: `${name} is ${shown(value)}.`,
      hint: meant === undefined ? `Write one of: ${allowed.join(', ')}.` : `Did you mean "${meant}"?`,
    };
  }
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') {
    return {
      what: `${name} is ${kindOf(value)}${isScalarValue(value) ? ` (${shown(value)})` : ''}.`,
      hint: `Right would be: ${expectation(issue, path)}.`,
    };
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0) {
    return { what: `${name} is empty.`, hint: `Right would be: ${expectation(issue, path)}.` };
  }
  return { what: `${name} is ${shown(value)}.`, hint: `Right would be: ${expectation(issue, path)}.` };
}

const durationKeys: ReadonlySet<unknown> = new Set(['timeout', 'interval', 'deadline']);

/** What would be right, as the end of a sentence. */
function expectation(issue: Issue, path: readonly PropertyKey[]): string {
  const last = path.at(-1);
  if (durationKeys.has(last)) return 'a number with a unit, such as 500ms, 90s, 2m or 1h';
  switch (issue.code) {
    case 'invalid_type':
      return expectedType(issue.expected, last);
    case 'invalid_value':
      return `one of: ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return `${issue.errors.flatMap((branch) => branch.map((error) => expectation(error, path))).join(' or ')}`;
    case 'too_small':
      return issue.origin === 'string' ? 'some text' : `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    default:
      return issue.message.replace(/\.$/, '');
  }
}

function expectedType(expected: string, key: unknown): string {
  if (key === 'target') return 'a mapping with a kind, such as { kind: compose }';
  if (key === 'environments') return 'a mapping from names to environments, such as { dev: {}, prod: {} }';
  switch (expected) {
    case 'string':
      return 'text (quote it where YAML reads a number, true or false)';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list, such as [a, b]';
    case 'object':
    case 'record':
      return 'a mapping of keys to values';
    default:
      return `a ${expected}`;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'object':
      return 'a mapping';
    default:
      return `a ${typeof value}`;
  }
}

function isScalarValue(value: unknown): boolean {
  return value !== null && typeof value !== 'object';
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function valueIn(data: unknown, path: readonly PropertyKey[]): unknown {
  let current = data;
  for (const part of path) {
    if (current === null || typeof current !== 'object') return undefined;
    // An array or a plain object from YAML: both are read by key.
    current = (current as Readonly<Record<PropertyKey, unknown>>)[part];
  }
  return current;
}
