import { hiddenReleaseOption } from './arguments.ts';
import { defineCommand } from './define.ts';
import { type StartCommandOptions, withStartOptions } from './start-options.ts';

export const promoteCommand = defineCommand<[string, string | undefined], StartCommandOptions>({
  name: 'promote',
  summary: 'carry the release of the environment before into this one',
  shape: (command) =>
    withStartOptions(
      command
        .argument('<environment>', 'where to')
        .argument('[release]', 'a release’s id or version (default: what runs in the environment before)')
        .option('--from <environment>', 'whose release (default: the environment before)')
        .addOption(hiddenReleaseOption),
    ),
  run: async (context, options, environment, release) => {
    const { startPlan } = await import('../start-plan.ts');
    return startPlan(context, 'promote', environment, {
      ...options,
      ...(release === undefined ? {} : { release }),
    });
  },
});
