import { releaseOption } from './arguments.ts';
import { defineCommand } from './define.ts';
import { type StartCommandOptions, withStartOptions } from './start-options.ts';

export const deployCommand = defineCommand<[string], StartCommandOptions>({
  name: 'deploy',
  summary: 'put a release into an environment; the newest one unless told otherwise',
  shape: (command) =>
    withStartOptions(command.argument('<environment>', 'where to').addOption(releaseOption)),
  run: async (context, options, environment) => {
    const { startPlan } = await import('../start-plan.ts');
    return startPlan(context, 'deploy', environment, options);
  },
});
