import type { GantryClient } from '../gantry-client.ts';
import type { CommandContext } from './command-context.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { watchHeading } from './text/watch-text.ts';
import { createRoundPrinter, createStatePrinter } from './watch-reporter.ts';

export type LoopPlace = {
  readonly workspaceId: string;
  readonly folder: string;
  /** `null` builds and tests only; absent: what gantry.yml says. */
  readonly environment?: string | null;
};

/**
 * Rebuilds, tests and deploys on every change until Ctrl-C, which cancels the run that is going on and waits for its
 * end; a second one leaves at once.
 */
export async function watchLoop(
  { terminal, json, interrupts, session, world }: CommandContext,
  client: GantryClient,
  { workspaceId, folder, environment }: LoopPlace,
): Promise<ExitCode> {
  const reporter = json ? createStatePrinter(terminal) : createRoundPrinter(terminal, client, world.now);
  const stop = new AbortController();
  // Answered by the state `off`.
  const end = () => void client.watch.stop({ workspaceId }).catch(() => stop.abort());
  const releases = [
    interrupts.handle(() => {
      terminal.err('\nending… (Ctrl-C again leaves at once)\n');
      releases.push(interrupts.handle(() => interrupts.leave()));
      end();
    }),
    // Nothing is changed on and on for a reader who has gone.
    terminal.onUnread(end),
  ];
  let hasBegun = false;
  try {
    for await (const event of await client.live({ workspaceId }, { signal: stop.signal })) {
      if (event.kind === 'alive' && !hasBegun) {
        // Its first word says that from now on nothing is missed.
        hasBegun = true;
        const wanted = environment === undefined ? {} : { environment };
        const state = await client.watch.start({ workspaceId, ...wanted });
        if (state.kind === 'on') reporter.say([watchHeading(state, folder)]);
      } else if (event.kind === 'recorded') {
        await reporter.recorded(event.recorded);
      } else if (event.kind === 'watch-changed') {
        await reporter.state(event.watch);
        if (event.watch.kind === 'off') break;
      }
    }
    await (await session.gantry()).idle();
    await reporter.finish();
    return exitCodes.cancelled;
  } finally {
    reporter.stop();
    for (const release of releases) release();
    stop.abort();
  }
}
