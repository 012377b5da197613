import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Unreadable } from '#main/core/ports/workspace.ts';
import { GantryError } from '#shared/domain/errors.ts';

/** Larger ones are no test report. */
const maxReportBytes = 16 * 1_048_576;

/** See the port. */
export async function folderInside(folder: string, path: string, setting: string): Promise<string> {
  const real = await realpath(resolve(folder, path)).catch(() => undefined);
  const facts = real === undefined ? undefined : await stat(real).catch(() => undefined);
  if (real === undefined || facts?.isDirectory() !== true) {
    throw new GantryError(
      'config-invalid',
      `${setting} names ${path}, which ${facts === undefined ? 'does not exist' : 'is no folder'}.`,
      'Name a folder, relative to gantry.yml.',
    );
  }
  if (isInside(await realpath(folder), real)) return real;
  throw new GantryError(
    'config-invalid',
    `${setting} names ${path}, which is ${real}, outside the workspace.`,
    'Only what lies in the workspace folder is sent to the engine; move or copy it there.',
  );
}

/** See the port. */
export async function expectReport(
  folder: string,
  path: string,
): Promise<() => Promise<Uint8Array | Unreadable>> {
  const full = resolve(folder, path);
  const before = await stampOf(full);
  return async () => {
    try {
      const real = await realpath(full);
      if (!isInside(await realpath(folder), real)) return unreadable('lies outside the workspace folder');
      if (before !== undefined && before === (await stampOf(full)))
        return unreadable('is the one from before this test: it was not written anew');
      return await readBounded(real);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      return unreadable(
        code === 'ENOENT' || code === 'ENOTDIR' ? 'was not written' : `cannot be read (${code})`,
      );
    }
  };
}

/** Changes with every write, also where a program sets the time of its output back. */
async function stampOf(path: string): Promise<string | undefined> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts && [facts.dev, facts.ino, facts.size, facts.mtimeNs, facts.ctimeNs].join(' ');
}

async function readBounded(path: string): Promise<Uint8Array | Unreadable> {
  // A pipe that nobody writes to would be waited for. Windows has no such flag.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const facts = await file.stat();
    if (!facts.isFile()) return unreadable('is no file');
    if (facts.size > maxReportBytes) return unreadable('is larger than 16 MiB');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function unreadable(why: string): Unreadable {
  return { kind: 'unreadable', why };
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
