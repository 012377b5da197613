import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type ElectronRuntime =
  | { readonly kind: 'present'; readonly program: string }
  | { readonly kind: 'absent'; readonly why: string };

type Machine = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Undefined on Windows. */
  readonly userId: number | undefined;
  /** Folder of the npm package. */
  readonly packageFolder: string;
};

/**
 * Whether the desktop app can be started here. The npm package is only asked for its files: loading it would try to
 * download the runtime.
 */
export function findElectronRuntime({ env, platform, userId, packageFolder }: Machine): ElectronRuntime {
  const absent = (why: string): ElectronRuntime => ({ kind: 'absent', why });
  const pathFile = join(packageFolder, 'path.txt');
  const folder = env.ELECTRON_OVERRIDE_DIST_PATH ?? join(packageFolder, 'dist');
  const usualName = platform === 'win32' ? 'electron.exe' : 'electron';
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : usualName;
  const program = join(folder, name);
  if (!existsSync(program)) return absent(`no Electron runtime on this machine (${folder} has none)`);
  if (platform === 'linux') {
    if (!env.DISPLAY && !env.WAYLAND_DISPLAY)
      return absent('an Electron window needs a display, such as Xvfb');
    if (userId === 0) return absent('Electron’s sandbox, which Gantry never turns off, does not run as root');
  }
  return { kind: 'present', program };
}
