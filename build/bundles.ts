import { join } from 'node:path';
import type { OutputOptions, RolldownOptions } from 'rolldown';

export type Bundle = { readonly input: RolldownOptions; readonly output: OutputOptions };

/**
 * What stays a package of its own: the SQLite binding, which is a shared library with its loader; Electron, which is no
 * library; and native speed-ups that their packages load only if they happen to be there.
 */
const external = ['better-sqlite3', 'electron', 'cpu-features', 'bufferutil', 'utf-8-validate', /\.node$/];

/** Minified code starts no faster, and stack traces of bug reports stay readable. */
const common = {
  platform: 'node',
  external,
  logLevel: 'warn',
} as const satisfies RolldownOptions;

/** One entry, and a chunk for whatever is imported only when it is needed. */
export function cliBundle(root: string): Bundle {
  return {
    input: { ...common, input: { gantry: join(root, 'main/shell/cli/gantry.ts') } },
    output: {
      dir: join(root, 'dist/cli'),
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      cleanDir: true,
    },
  };
}

export function desktopBundles(root: string): readonly Bundle[] {
  const dir = join(root, 'dist/desktop');
  return [
    {
      input: { ...common, input: { main: join(root, 'main/shell/desktop/main.ts') } },
      output: {
        dir,
        format: 'esm',
        entryFileNames: '[name].js',
        chunkFileNames: '[name]-[hash].js',
        cleanDir: true,
      },
    },
    {
      // A sandboxed preload is one CommonJS file, whatever the package says of itself.
      input: { ...common, input: { preload: join(root, 'main/shell/desktop/preload.ts') } },
      output: { file: join(dir, 'preload.cjs'), format: 'cjs', codeSplitting: false },
    },
  ];
}
