import { releaseOption } from './arguments.ts';
import { defineCommand } from './define.ts';
import { type StartCommandOptions, withStartOptions } from './start-options.ts';

export const promoteCommand = defineCommand<[string], StartCommandOptions>({
  name: 'promote',
  summary: 'carry the release of the environment before into this one',
  shape: (command) =>
    withStartOptions(
      command
        .argument('<environment>', 'where to')
        .option('--from <environment>', 'whose release (default: the environment before)')
        .addOption(releaseOption),
    ),
  run: async (context, options, environment) => {
    const { startPlan } = await import('../start-plan.ts');
    return startPlan(context, 'promote', environment, options);
  },
});
