import { join } from 'node:path';
import * as z from 'zod';
import { explainNoStart } from './dialogs.ts';
import type { ElectronModule } from './electron-module.ts';
import { guardContents, guardSession } from './guard-contents.ts';
import { homeOf } from './home.ts';
import { openShell, type Shell } from './open-shell.ts';
import type { RunningGantry } from './running-gantry.ts';
import { registerAppScheme, servePage } from './serve-page.ts';
import { openSettings, type SettingsFiles } from './settings-file.ts';
import { folderArgument } from './start-arguments.ts';

export type DesktopOptions = {
  /** Called once this is the only instance. */
  readonly createGantry: () => Promise<RunningGantry>;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** A development server to load the page from instead of the built one. */
  readonly devUrl: string | undefined;
  /** GANTRY_HOME. Another one is another instance of the app. */
  readonly dataFolder: string;
  readonly rendererRoot: string;
  readonly preload: string;
  readonly files: SettingsFiles & {
    readonly read: (path: string) => Promise<Uint8Array<ArrayBuffer>>;
    /** With its parents, readable by nobody else; at once, since Electron does not wait before it is ready. */
    readonly makeFolder: (path: string) => void;
  };
};

/** What a second start hands to the first one. */
const handoverSchema = z.object({ folder: z.string().nullable() });

/**
 * The whole desktop shell. What it decides stands in the files beside this one; here it is put in order, for much of
 * Electron must happen before it is ready and the rest only after.
 */
export async function startDesktop(electron: ElectronModule, options: DesktopOptions): Promise<void> {
  try {
    await start(electron, options);
  } catch (error) {
    explainNoStart(electron, error);
    electron.app.exit(1);
  }
}

async function start(electron: ElectronModule, options: DesktopOptions): Promise<void> {
  const { app } = electron;
  const { dataFolder, files } = options;
  const home = homeOf({ isPackaged: app.isPackaged, devUrl: options.devUrl });
  const folder = folderArgument(options.argv, { isPackaged: app.isPackaged, cwd: options.cwd });
  let shell: Shell | undefined;

  const userData = join(dataFolder, 'desktop');
  // Electron refuses a path that does not exist.
  files.makeFolder(userData);
  app.setPath('userData', userData);
  const handover: z.infer<typeof handoverSchema> = { folder: folder ?? null };
  if (!app.requestSingleInstanceLock(handover)) {
    // The instance that runs shows the folder.
    app.quit();
    return;
  }
  app.on('second-instance', (_event, _argv, _cwd, data) => {
    const asked = handoverSchema.safeParse(data);
    shell?.show(asked.success ? (asked.data.folder ?? undefined) : undefined);
  });
  app.on('activate', () => shell?.show());
  app.enableSandbox();
  app.setName('Gantry');
  app.setAppUserModelId('app.gantry.desktop');
  registerAppScheme(electron);
  guardContents(electron, home);

  await app.whenReady();
  guardSession(electron, home);
  servePage(electron, home, options.rendererRoot, files.read);
  const settings = await openSettings(files, join(dataFolder, 'desktop.json'));
  const gantry = await options.createGantry();
  shell = openShell(electron, { ...options, home, gantry, settings });
  shell.show(folder);
}
