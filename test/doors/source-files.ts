import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from './check.ts';

const isSource = (path: string) => /\.[cm]?[jt]sx?$/.test(path);

/** The source files that git knows or would add: an ignored folder is nobody's room. */
export function sourcePaths(root: string): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  // A file that was deleted and not yet committed is still listed.
  return listed.split('\0').filter((path) => isSource(path) && existsSync(join(root, path)));
}

export function readSources(root: string): readonly SourceFile[] {
  return sourcePaths(root).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
