import { resolve } from 'node:path';

/**
 * The folder that a start of the app names: `gantry-app FOLDER`, or the system handing over a folder. A packaged app's
 * first argument is the program; an unpackaged one's second is the app. Chromium adds switches of its own anywhere.
 */
export function folderArgument(
  argv: readonly string[],
  options: { readonly isPackaged: boolean; readonly cwd: string },
): string | undefined {
  const own = argv.slice(options.isPackaged ? 1 : 2);
  const folder = own.find((argument) => argument !== '' && !argument.startsWith('-'));
  return folder === undefined ? undefined : resolve(options.cwd, folder);
}
