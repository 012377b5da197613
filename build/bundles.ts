import { join } from 'node:path';
import type { OutputOptions, RolldownOptions } from 'rolldown';
import { inAscii } from './in-ascii.ts';
import { lateGlobals, lateLoading } from './late-loading.ts';
import { lateSchemas } from './late-schemas.ts';
import { wholeChunks } from './whole-chunks.ts';
import { workerFiles, workerSources } from './worker-files.ts';

export type Bundle = { readonly input: RolldownOptions; readonly output: OutputOptions };

/**
 * What stays a package of its own: Electron, which is no library; shared libraries, such as SQLite's; and native speed-ups
 * that their packages load only if they happen to be there.
 */
const external = ['electron', 'cpu-features', 'bufferutil', 'utf-8-validate', /\.node$/];
/** Its scripts as well, where each start does not count: installers pack it as it is. */
const sqlite = 'better-sqlite3';

/** Minified code starts hardly faster (3%), and stack traces of bug reports stay readable. */
const common = {
  platform: 'node',
  external,
  plugins: [lateLoading(), workerFiles(), wholeChunks()],
  transform: { inject: lateGlobals },
  // A class that is dropped leaves the name of the global behind that it extends, and naming it would load it.
  treeshake: { unknownGlobalSideEffects: false },
  logLevel: 'warn',
} satisfies RolldownOptions;

/** Each start reads the files and hashes them, to find what was compiled. */
const comments = { legal: true, annotation: false, jsdoc: false } as const;

/**
 * One entry, and a chunk for whatever is imported only when it is needed. CommonJS, because V8 keeps the code only of
 * scripts; and the names tell what is in a file, because V8 compares no more of it than its length.
 */
export function cliBundle(root: string): Bundle {
  return {
    input: {
      ...common,
      input: { program: join(root, 'main/shell/cli/gantry.ts') },
      plugins: [...common.plugins, lateSchemas(), inAscii()],
    },
    output: {
      dir: join(root, 'dist/cli'),
      format: 'cjs',
      dynamicImportInCjs: false,
      comments,
      entryFileNames: '[name]-[hash].cjs',
      chunkFileNames: '[name]-[hash].cjs',
      cleanDir: true,
    },
  };
}

/** What starts it. CommonJS too: Node takes 2 ms longer to run a first file that is an ES module. */
export function launcherBundle(root: string, program: string): Bundle {
  return {
    input: {
      ...common,
      input: { gantry: join(root, 'main/shell/cli/launch.ts') },
      transform: { define: { bundledProgram: JSON.stringify(program) } },
    },
    output: { dir: join(root, 'dist/cli'), format: 'cjs', comments, entryFileNames: '[name].cjs' },
  };
}

/** Threads of the program in this folder. Not bundled with it: what they share would become files that each start reads. */
export function workerBundle(root: string, dir: string): Bundle {
  return {
    input: { ...common, input: workerSources(root) },
    output: {
      dir,
      format: 'esm',
      comments,
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
    },
  };
}

export function desktopBundles(root: string): readonly Bundle[] {
  const dir = join(root, 'dist/desktop');
  return [
    {
      input: {
        ...common,
        input: { main: join(root, 'main/shell/desktop/main.ts') },
        external: [...external, sqlite],
      },
      output: {
        dir,
        format: 'esm',
        comments,
        entryFileNames: '[name].js',
        chunkFileNames: '[name]-[hash].js',
        cleanDir: true,
      },
    },
    workerBundle(root, dir),
    {
      // A sandboxed preload is one CommonJS file, whatever the package says of itself.
      input: { ...common, input: { preload: join(root, 'main/shell/desktop/preload.ts') } },
      output: { file: join(dir, 'preload.cjs'), format: 'cjs', codeSplitting: false },
    },
  ];
}
