import { GantryError } from '#shared/domain/errors.ts';
import { readSecretFile, unresolved } from './secret-file.ts';

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

/** @param written how the person wrote it */
export function fromEnv(
  written: string,
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && value !== '') return value;
  throw unresolved(
    written,
    value === undefined ? 'names a variable that is not set' : 'names a variable that is empty',
    `Set ${name} in the environment that Gantry is started from.`,
  );
}

async function fromFile(reference: string, path: string, folder: string): Promise<string> {
  const bytes = await readSecretFile({
    written: reference,
    path,
    folder,
    maxBytes: maxSecretBytes,
    absoluteExample: 'secret://file//run/secrets/token',
  });
  return decode(reference, bytes);
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
