import { join } from 'node:path';
import type { Plugin } from 'rolldown';

const standIn = (name: string) => join(import.meta.dirname, 'stand-ins', name);

/** What is required, by which file, and what it gets instead. */
const insteadOf: readonly (readonly [source: string, importer: RegExp, file: string])[] = [
  ['./ssh', /[\\/]docker-modem[\\/]lib[\\/]modem\.js$/, standIn('not-used.cjs')],
  ['https', /[\\/]docker-modem[\\/]lib[\\/]http\.js$/, standIn('https.cjs')],
  ['./session', /[\\/]dockerode[\\/]lib[\\/]docker\.js$/, standIn('not-used.cjs')],
  ['./buildkit', /[\\/]dockerode[\\/]lib[\\/]docker\.js$/, standIn('not-used.cjs')],
];

/** Keeps out of the start what is needed later or never. */
export function lateLoading(): Plugin {
  return {
    name: 'late-loading',
    resolveId: (source, importer = '') =>
      insteadOf.find(([required, by]) => required === source && by.test(importer))?.[2],
    renderChunk: (code, _chunk, { format }) => (format === 'es' ? withPlainBuiltins(code) : undefined),
  };
}

/** For the bundler's own option: modules that take these globals get the stand-ins. */
export const lateGlobals: Record<string, [file: string, name: string]> = {
  FormData: [standIn('globals.js'), 'FormData'],
  ReadableStream: [standIn('globals.js'), 'ReadableStream'],
  performance: [standIn('globals.js'), 'performance'],
};

/**
 * An import of a built-in module reads each of its exports once, to build a namespace. Some are getters that load much:
 * node:http's WebSocket all of undici (20 ms), node:crypto's webcrypto, node:fs's promises. Asked for by name, they are not.
 */
function withPlainBuiltins(code: string): string {
  return code.replace(/^import (.+) from "(node:[^"]+)";$/gm, (statement, clause: string, name: string) => {
    const { main, named, all } = importClause.exec(clause)?.groups ?? {};
    const patterns = [main, all, named?.replaceAll(' as ', ': ')].filter((pattern) => pattern !== undefined);
    if (patterns.length === 0) throw new Error(`a form of import that is not known here: ${statement}`);
    return patterns.map((pattern) => `const ${pattern} = process.getBuiltinModule("${name}");`).join('\n');
  });
}

const importClause = /^(?<main>[\w$]+)?(?:, )?(?:(?<named>\{.*\})|\* as (?<all>[\w$]+))?$/;
