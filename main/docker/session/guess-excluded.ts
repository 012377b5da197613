import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a context's ignore file leaves out, near enough to read ahead by: the engine says it exactly, when it asks. A
 * wrong guess costs time and nothing else.
 */
export function guessExcluded(contextFolder: string, dockerfile: string): readonly string[] {
  for (const name of [`${dockerfile}.dockerignore`, '.dockerignore']) {
    const text = readIfThere(join(contextFolder, name));
    if (text === undefined) continue;
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    return lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/^\//, ''));
  }
  return [];
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
