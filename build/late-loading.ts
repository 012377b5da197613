import { join } from 'node:path';
import type { Plugin } from 'rolldown';

const standIn = (name: string) => join(import.meta.dirname, 'stand-ins', name);

const dockerode = /[\\/]dockerode[\\/]lib[\\/]docker\.js$/;
const modem = /[\\/]docker-modem[\\/]lib[\\/]modem\.js$/;
const notUsed = standIn('not-used.cjs');

/** What is required, by which file, and what it gets instead. */
const insteadOf: readonly (readonly [required: RegExp, by: RegExp, file: string])[] = [
  // All of its files but docker.js itself.
  [/^\.\/\w+$/, dockerode, notUsed],
  [/^\.\/(ssh|http_duplex)$/, modem, notUsed],
  [/^https$/, /[\\/]docker-modem[\\/]lib[\\/]http\.js$/, standIn('https.cjs')],
  [/^\.\/binding$/, /[\\/]better-sqlite3[\\/]lib[\\/]index\.js$/, standIn('sqlite-binding.js')],
];

/** Keeps out of the start what is needed later or never. */
export function lateLoading(): Plugin {
  return {
    name: 'late-loading',
    resolveId: (source, importer = '') =>
      insteadOf.find(([required, by]) => required.test(source) && by.test(importer))?.[2],
    renderChunk: (code, _chunk, { format }) =>
      format === 'es' ? withPlainBuiltins(code) : withLateBuiltins(code),
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

/** A built-in module is loaded where it is first used: node:crypto takes 2 ms, node:zlib and node:child_process one each. */
function withLateBuiltins(code: string): string {
  return [...code.matchAll(requiredBuiltin)].reduce((late, [statement, name = '', required = '']) => {
    const use = new RegExp(`(?<![\\w$.])${name}\\.(default\\b)?`, 'g');
    const used = (_use: string, whole?: string) =>
      `(${name} ??= ${required})${whole === undefined ? '.' : ''}`;
    return late.replace(statement, `let ${name};\n`).replace(use, used);
  }, code);
}

/** With the namespace that is made of it for a default import. */
const requiredBuiltin =
  /^let (?<name>\w+) = (?<required>require\("node:[^"]+"\));\n(?:\k<name> = [\w.]*__toESM\(\k<name>, 1\);\n)?/gm;
