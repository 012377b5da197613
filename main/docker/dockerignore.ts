import { sep } from 'node:path';
import dockerignore from '@balena/dockerignore';

export type Ignore = {
  /** Path below the context, with `/`. */
  ignores(path: string): boolean;
  /** Whether something below an ignored folder may be kept after all. */
  mayKeepBelow(folder: string): boolean;
};

/** `always` is sent whatever the file says: the engine reads it. */
export function createIgnore(text: string, always: readonly string[]): Ignore {
  const patterns = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map(escaped);
  const keep = always.map((path) => `!${escaped(literal(path))}`);
  const rules = dockerignore({ ignorecase: false }).add([...patterns, ...keep]);
  const kept = [...patterns, ...keep].filter((pattern) => pattern.trim().startsWith('!')).map(normal);
  return {
    ignores: (path) => rules.ignores(path),
    mayKeepBelow: (folder) =>
      kept.some((pattern) => /[*?[\\]/.test(pattern) || `${pattern}/`.startsWith(`${folder}/`)),
  };
}

/** The library leaves these to the regular expression that it makes; for Docker they are letters like any other. */
function escaped(pattern: string): string {
  // On Windows a backslash separates folders.
  return sep === '\\' ? pattern : pattern.replace(/(?<!\\)[+(){}|]|(?<![\\[])\^/g, '\\$&');
}

/** A path as a pattern that matches it alone. */
function literal(path: string): string {
  return sep === '\\' ? path : path.replace(/[*?[\]\\]/g, '\\$&');
}

function normal(pattern: string): string {
  return pattern
    .trim()
    .slice(1)
    .trim()
    .replace(/^\.?\//, '')
    .replace(/\/+$/, '');
}
