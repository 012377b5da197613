import type { Command } from 'commander';
import type { GlobalOptions } from '../command-context.ts';
import type { StartOptions } from '../start-plan.ts';
import { followOption } from './arguments.ts';

export type StartCommandOptions = GlobalOptions & StartOptions;

/** What deploy, promote and rollback share. */
export function withStartOptions(command: Command): Command {
  return command
    .option('-y, --yes', 'go ahead without asking, where a click would do')
    .option('--confirm <name>', 'go ahead without asking: the environment’s name, where it wants to be typed')
    .option('--plan <hash>', 'start exactly this plan, as gantry plan printed it, or refuse')
    .option('--wait', 'where another run has the environment: wait for its end, then plan (default: refuse)')
    .option('--note <text>', 'why; kept with the run')
    .addOption(followOption);
}
