import type { Plugin } from 'rolldown';

/**
 * Fails a build in which a chunk asks another for what it does not give. As CommonJS, rolldown 1.3.2 writes that for a
 * CommonJS package that is imported late and whose chunk others share: what it asks for is undefined when it runs.
 */
export function wholeChunks(): Plugin {
  return {
    name: 'whole-chunks',
    generateBundle: ({ format }, files) => {
      if (format !== 'cjs') return;
      const codes = new Map(
        Object.values(files).flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file.code]] : [])),
      );
      const missing = [...codes].flatMap(([name, code]) => missingFor(name, code, codes));
      if (missing.length > 0) throw new Error(`chunks do not fit together: ${missing.join('; ')}`);
    },
  };
}

/** Exported for its test. */
export function missingFor(
  name: string,
  code: string,
  codes: ReadonlyMap<string, string>,
): readonly string[] {
  const late = code.matchAll(/require\("\.\/([^"]+)"\)\)\.then\(\((\w+)\) =>[^\n]*?\b\2\.(\w+)/g);
  const asked = [...late].map(([, from = '', , what = '']) => ({ from, what }));
  for (const [, as = '', from = ''] of code.matchAll(
    /^(?:const|let|var) (\S+) = require\("\.\/([^"]+)"\);$/gm,
  )) {
    const uses = code.matchAll(new RegExp(`(?<![\\w$.])${as.replaceAll('$', '\\$')}\\.([\\w$]+)`, 'g'));
    asked.push(...[...uses].map(([, what = '']) => ({ from, what })));
  }
  return asked
    .filter(({ from, what }) => !gives(codes.get(from) ?? '', what))
    .map(({ from, what }) => `${name} asks ${from} for ${what}`);
}

function gives(code: string, what: string): boolean {
  return code.includes(`exports.${what} = `) || code.includes(`Object.defineProperty(exports, "${what}"`);
}
