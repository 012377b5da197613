import { releaseOption } from './arguments.ts';
import { defineCommand } from './define.ts';
import { type StartCommandOptions, withStartOptions } from './start-options.ts';

export const rollbackCommand = defineCommand<[string], StartCommandOptions>({
  name: 'rollback',
  summary: 'take an environment back to what ran there before, image and env file',
  shape: (command) =>
    withStartOptions(command.argument('<environment>', 'which one').addOption(releaseOption)),
  run: async (context, options, environment) => {
    const { startPlan } = await import('../start-plan.ts');
    return startPlan(context, 'rollback', environment, options);
  },
});
