import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hasDisplay } from './browser.ts';
import type { CliWorld, CommandContext } from './command-context.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { serve } from './serve.ts';

export type OpenOptions = { readonly browser: boolean; readonly folder?: string };

/** The desktop window where an Electron runtime is there already, else the same app in the browser. */
export async function open(context: CommandContext, { browser, folder }: OpenOptions): Promise<ExitCode> {
  const { world, terminal } = context;
  const workspace =
    folder === undefined
      ? (context.chosenFolder ?? (await lastWorkspace(context)))
      : resolve(world.cwd, folder);
  const program = browser ? undefined : electronProgram(world);
  if (program !== undefined) {
    const app = join(world.packageFolder, 'dist', 'desktop', 'main.js');
    const argv = [program, app, ...(workspace === undefined ? [] : [workspace])] as const;
    if (await world.launch({ argv })) {
      context.print({ opened: 'desktop', folder: workspace }, () => 'Opened the desktop window.\n');
      return exitCodes.done;
    }
    terminal.err('The desktop window could not be started; this is the browser’s instead.\n');
  }
  return serve(context, {
    port: 0,
    openBrowser: true,
    ...(workspace === undefined ? {} : { folder: workspace }),
  });
}

/** Without one the app itself asks for a folder. */
async function lastWorkspace({ session }: CommandContext): Promise<string | undefined> {
  const client = await session.client();
  const recent = await client.workspaces.recent();
  return recent.find((workspace) => workspace.present)?.folder;
}

/**
 * The Electron runtime's program, if it lies on this machine. The npm package is only asked for its files: requiring it
 * would download the runtime.
 */
function electronProgram({ packageFolder, env, platform }: CliWorld): string | undefined {
  if (platform === 'linux' && !hasDisplay(env)) return undefined;
  const electron = join(packageFolder, 'node_modules', 'electron');
  try {
    // Written by Electron's installer when the runtime has arrived.
    const name = readFileSync(join(electron, 'path.txt'), 'utf8');
    return join(env.ELECTRON_OVERRIDE_DIST_PATH ?? join(electron, 'dist'), name);
  } catch {
    return undefined;
  }
}
