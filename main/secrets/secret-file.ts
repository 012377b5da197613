import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';

export type SecretFile = {
  /** How the person wrote it; errors begin with it. */
  readonly written: string;
  /** Relative to the workspace folder, or absolute. */
  readonly path: string;
  readonly folder: string;
  readonly maxBytes: number;
  /** How an absolute path would have to be written here. */
  readonly absoluteExample: string;
};

/** A relative path stays inside the workspace, wherever its symbolic links lead; an absolute one is the writer's decision. */
export async function readSecretFile(file: SecretFile): Promise<Buffer> {
  const { written, path, folder } = file;
  const full = isAbsolute(path) ? path : resolve(folder, path);
  try {
    const real = await realpath(full);
    if (!isAbsolute(path) && !isInside(await realpath(folder), real)) {
      throw unresolved(
        written,
        'leads out of the workspace folder',
        `Keep the file inside it, or write its absolute path: ${file.absoluteExample}.`,
      );
    }
    return await readBounded(file, real);
  } catch (error) {
    if (error instanceof GantryError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw code === 'ENOENT' || code === 'ENOTDIR'
      ? unresolved(written, 'names a file that does not exist', `Put the value into ${full}.`, error)
      : unresolved(written, `names a file that cannot be read (${code})`, 'Check its permissions.', error);
  }
}

export function unresolved(written: string, what: string, hint: string, cause?: unknown): GantryError {
  return new GantryError('secret-unresolved', `${written} ${what}.`, hint, { cause });
}

async function readBounded({ written, maxBytes }: SecretFile, path: string): Promise<Buffer> {
  // A pipe that nobody writes to would be waited for. Windows has no such flag.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!(await file.stat()).isFile()) {
      throw unresolved(written, 'does not name a file', 'Name a file that holds the value and nothing else.');
    }
    // One byte more than allowed tells a file that is too long, whatever its size claims to be.
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > maxBytes) {
      throw unresolved(
        written,
        `names a file larger than ${Math.floor(maxBytes / 1024)} KiB`,
        'Name a file that holds the value and nothing else.',
      );
    }
    if (length === 0) throw unresolved(written, 'names a file that is empty', 'Put the value into it.');
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
