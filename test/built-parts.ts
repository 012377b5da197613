import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..');

/** The program that package.json's bin names. */
export const builtGantry = join(root, 'dist/cli/gantry.cjs');

const parts = {
  cli: { built: builtGantry, sources: ['main', 'shared', 'build', 'package-lock.json'] },
  renderer: {
    built: join(root, 'dist/renderer/index.html'),
    sources: ['renderer', 'shared', 'vite.config.ts', 'package-lock.json'],
  },
} as const;

/** For global setups: what is tested is what people install, so it must be what the sources say. */
export async function buildIfOld(part: keyof typeof parts): Promise<void> {
  const { built, sources } = parts[part];
  const age = await changedAt(built).catch(() => 0);
  const newest = Math.max(...(await Promise.all(sources.map((name) => newestIn(join(root, name))))));
  if (age >= newest) return;
  process.stderr.write(`building dist/${part}\n`);
  await promisify(execFile)(process.execPath, [join(root, 'build/main.ts'), part], { cwd: root });
}

async function changedAt(path: string): Promise<number> {
  return (await stat(path)).mtimeMs;
}

async function newestIn(path: string): Promise<number> {
  if (!(await stat(path)).isDirectory()) return changedAt(path);
  const names = await readdir(path, { recursive: true });
  return Math.max(...(await Promise.all(names.map((name) => changedAt(join(path, name))))));
}
