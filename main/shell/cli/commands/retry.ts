import type { GlobalOptions } from '../command-context.ts';
import type { RetryOptions } from '../retry-run.ts';
import { followOption, runNumber } from './arguments.ts';
import { defineCommand } from './define.ts';

export const retryCommand = defineCommand<[number], GlobalOptions & RetryOptions>({
  name: 'retry',
  summary: 'go on with a run that did not end well, with its release and env, from a step on',
  shape: (command) =>
    command
      .argument('<run>', 'its number', runNumber)
      .option('--from <step>', 'a step’s id (default: the first that was not proved)')
      .option('-y, --yes', 'go ahead without asking, where a click would do')
      .option(
        '--confirm <name>',
        'go ahead without asking: the environment’s name, where it wants to be typed',
      )
      .option('--note <text>', 'why; kept with the run')
      .addOption(followOption),
  run: async (context, options, runId) => {
    const { retryRun } = await import('../retry-run.ts');
    return retryRun(context, runId, options);
  },
});
