import { resolve } from 'node:path';

/**
 * The folder that a start of the app names. Chromium takes switches from anywhere among the arguments; of the rest, an
 * unpackaged app's first is the app itself.
 */
export function folderArgument(
  argv: readonly string[],
  options: { readonly isPackaged: boolean; readonly cwd: string },
): string | undefined {
  const own = argv.slice(1).filter((argument) => argument !== '' && !argument.startsWith('-'));
  const folder = own[options.isPackaged ? 0 : 1];
  return folder === undefined ? undefined : resolve(options.cwd, folder);
}
