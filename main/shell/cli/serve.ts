import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';
import { createServerShell, type ServerShell } from '../server/server-shell.ts';
import { openBrowser } from './browser.ts';
import type { CommandContext } from './command-context.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { RunningGantry } from './session.ts';

export type ServeOptions = {
  readonly port: number;
  readonly openBrowser: boolean;
  /** The workspace to show first. */
  readonly folder?: string;
};

/** Shows the app in the browser until Ctrl-C. A run that was started there is waited for. */
export async function serve(context: CommandContext, options: ServeOptions): Promise<ExitCode> {
  const { session, world } = context;
  const rendererFolder = join(world.packageFolder, 'dist', 'renderer');
  if (!existsSync(join(rendererFolder, 'index.html'))) {
    throw new GantryError(
      'usage',
      'The app’s pages are not built.',
      'Run npm run build in Gantry’s own folder.',
    );
  }
  const gantry = await session.gantry();
  const landing = await landingOf(context, options.folder);
  const shell = await createServerShell({
    router: gantry.router,
    rendererFolder,
    port: options.port,
    now: world.now,
    platform: world.platform,
    ...(world.uid === undefined ? {} : { uid: world.uid }),
  });
  // Before the link is out: whoever reads it may stop us at once.
  const stopped = untilStopped(context, shell, gantry);
  const stopLinks = announce(context, shell, landing);
  if (options.openBrowser) await openBrowser(world, shell.issueUrl({ landing, sameUser: true }));
  await stopped;
  stopLinks();
  await shell.close();
  return exitCodes.done;
}

/** Opens the workspace, which makes it the last one opened, and tells where the page shows it. */
async function landingOf({ session }: CommandContext, folder: string | undefined): Promise<string> {
  if (folder === undefined) return '';
  const { id } = await session.workspace(folder);
  return `#/?w=${encodeURIComponent(id)}`;
}

/** The link alone on stdout, so that a program can read it. */
function announce({ terminal, json }: CommandContext, shell: ServerShell, landing: string): () => void {
  const print = () => {
    const url = shell.issueUrl({ landing });
    terminal.out(json ? `${JSON.stringify({ url, origin: shell.origin })}\n` : `${url}\n`);
  };
  print();
  if (json) return () => undefined;
  const again = terminal.canAsk ? ' Enter prints a new one.' : '';
  terminal.err(`This link lets one browser in, within five minutes.${again} Ctrl-C stops.\n`);
  return terminal.canAsk ? terminal.onLine(print) : () => undefined;
}

/** The first Ctrl-C starts nothing new and waits for the runs that were started here; the second leaves them behind. */
function untilStopped(
  { interrupts, terminal }: CommandContext,
  shell: ServerShell,
  gantry: RunningGantry,
): Promise<void> {
  return new Promise((resolve) => {
    interrupts.handle(() => {
      shell.refuseRuns();
      const runs = gantry.activeRuns();
      interrupts.handle(() => {
        if (runs.length > 0)
          terminal.err(`\nLeaving ${runNames(runs)}; a Gantry that starts later finds out what happened.\n`);
        interrupts.leave();
      });
      if (runs.length > 0) {
        terminal.err(`\nWaiting for ${runNames(runs)}. Ctrl-C again leaves at once.\n`);
      }
      gantry.idle().then(resolve, resolve);
    });
  });
}

function runNames(runs: readonly number[]): string {
  return `${runs.length === 1 ? 'run' : 'runs'} ${runs.join(', ')}`;
}
