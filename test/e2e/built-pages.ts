import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../..');
const built = join(root, 'dist/renderer/index.html');
const sources = ['renderer', 'shared', 'vite.config.ts', 'package-lock.json'];

/** Global setup: the server shell serves what is in dist/renderer, so that must be what the sources say. */
// biome-ignore lint/style/noDefaultExport: Playwright wants its global setup so.
export default async function buildPages(): Promise<void> {
  const age = await changedAt(built).catch(() => 0);
  const newest = Math.max(...(await Promise.all(sources.map((name) => newestIn(join(root, name))))));
  if (age >= newest) return;
  process.stderr.write('building the app’s pages\n');
  await promisify(execFile)(process.execPath, [join(root, 'build/main.ts'), 'renderer'], { cwd: root });
}

async function changedAt(path: string): Promise<number> {
  return (await stat(path)).mtimeMs;
}

async function newestIn(path: string): Promise<number> {
  if (!(await stat(path)).isDirectory()) return changedAt(path);
  const names = await readdir(path, { recursive: true });
  return Math.max(...(await Promise.all(names.map((name) => changedAt(join(path, name))))));
}
