import type { Plugin } from 'rolldown';

/** Writes what is not ASCII as escapes, because main/shell/cli/compiled-program.ts reads ASCII. */
export function inAscii(): Plugin {
  return {
    name: 'in-ascii',
    // After the bundler's last pass, which takes escapes back.
    generateBundle: (_options, files) => {
      for (const file of Object.values(files)) if (file.type === 'chunk') file.code = escaped(file.code);
    },
  };
}

/** Exported for its test. In strings, templates and patterns, which is where people write such; comments are gone. */
export function escaped(code: string): string {
  return code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
