import { open, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';

const scheme = 'secret://';
const maxSecretBytes = 65_536;

/** Everything with the scheme counts, so that a mistyped reference is refused and never deployed as it stands. */
export function isReference(value: string): boolean {
  return value.startsWith(scheme);
}

export async function resolveReference(
  reference: string,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const [, kind, rest] = /^secret:\/\/([^/]*)\/(.+)$/.exec(reference) ?? [];
  if (kind === 'env' && rest !== undefined) return fromEnv(reference, rest, env);
  if (kind === 'file' && rest !== undefined) return fromFile(reference, rest, folder);
  throw unresolved(
    reference,
    'is no reference that Gantry knows',
    'Write secret://env/NAME for a variable, or secret://file/PATH for a file.',
  );
}

function fromEnv(reference: string, name: string, env: Readonly<Record<string, string | undefined>>): string {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && value !== '') return value;
  throw unresolved(
    reference,
    value === undefined ? 'names a variable that is not set' : 'names a variable that is empty',
    `Set ${name} in the environment that Gantry is started from.`,
  );
}

/** A relative path stays inside the workspace, wherever its symbolic links lead; an absolute one is the writer's decision. */
async function fromFile(reference: string, path: string, folder: string): Promise<string> {
  const full = isAbsolute(path) ? path : resolve(folder, path);
  try {
    const real = await realpath(full);
    if (!isAbsolute(path) && !isInside(await realpath(folder), real)) {
      throw unresolved(
        reference,
        'leads out of the workspace folder',
        'Keep the file inside it, or write its absolute path: secret://file//run/secrets/token.',
      );
    }
    return await readSecret(reference, real);
  } catch (error) {
    if (error instanceof GantryError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw code === 'ENOENT' || code === 'ENOTDIR'
      ? unresolved(reference, 'names a file that does not exist', `Put the value into ${full}.`, error)
      : unresolved(reference, `names a file that cannot be read (${code})`, 'Check its permissions.', error);
  }
}

async function readSecret(reference: string, path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    if (!(await file.stat()).isFile()) {
      throw unresolved(
        reference,
        'does not name a file',
        'Name a file that holds the value and nothing else.',
      );
    }
    // One byte more than allowed tells a file that is too long, whatever its size claims to be.
    const buffer = Buffer.alloc(maxSecretBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > maxSecretBytes) {
      throw unresolved(
        reference,
        'names a file larger than 64 KiB',
        'Name a file that holds the value and nothing else.',
      );
    }
    return decode(reference, buffer.subarray(0, length));
  } finally {
    await file.close();
  }
}

function decode(reference: string, bytes: Uint8Array): string {
  try {
    // Editors end files with a line break that is no part of the value.
    const value = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
    if (value === '') throw unresolved(reference, 'names a file that is empty', 'Put the value into it.');
    return value;
  } catch (error) {
    if (error instanceof GantryError) throw error;
    throw unresolved(
      reference,
      'names a file that is not UTF-8 text',
      'Encode it, for example as base64.',
      error,
    );
  }
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function unresolved(reference: string, what: string, hint: string, cause?: unknown): GantryError {
  return new GantryError('secret-unresolved', `${reference} ${what}.`, hint, { cause });
}
