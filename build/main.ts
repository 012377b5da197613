import { chmod } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { type Bundle, cliBundle, desktopBundles, launcherBundle, workerBundle } from './bundles.ts';

const root = resolve(import.meta.dirname, '..');
const started = performance.now();

/** Answers the name of its first file. */
async function write({ input, output }: Bundle): Promise<string> {
  const bundle = await rolldown(input);
  try {
    return (await bundle.write(output)).output[0].fileName;
  } finally {
    await bundle.close();
  }
}

async function buildRenderer(): Promise<void> {
  // Vite takes a second to load, and only this needs it.
  const { build } = await import('vite');
  await build({
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'warn',
    // The pages come from this very machine: a second request costs more than a large file.
    build: { chunkSizeWarningLimit: 4_000 },
  });
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  cli: async () => {
    const program = await write(cliBundle(root));
    await write(launcherBundle(root, program));
    await write(workerBundle(root, join(root, 'dist/cli')));
    await chmod(join(root, 'dist/cli/gantry.cjs'), 0o755);
  },
  desktop: async () => {
    for (const bundle of desktopBundles(root)) await write(bundle);
  },
  renderer: buildRenderer,
};

/** `node build/main.ts [cli] [desktop] [renderer]`: into dist/; all of them when none is named. */
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => parts[name] === undefined);
if (unknown.length > 0) {
  console.error(`error: there is no part ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
for (const [name, build] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const from = performance.now();
  await build();
  console.log(`dist/${name} in ${((performance.now() - from) / 1000).toFixed(1)} s`);
}
console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
