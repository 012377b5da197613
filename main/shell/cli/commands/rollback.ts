import { hiddenReleaseOption } from './arguments.ts';
import { defineCommand } from './define.ts';
import { type StartCommandOptions, withStartOptions } from './start-options.ts';

export const rollbackCommand = defineCommand<[string, string | undefined], StartCommandOptions>({
  name: 'rollback',
  summary: 'take an environment back to what ran there before, image and env file',
  shape: (command) =>
    withStartOptions(
      command
        .argument('<environment>', 'which one')
        .argument('[release]', 'a release’s id or version (default: what ran before)')
        .addOption(hiddenReleaseOption),
    ),
  run: async (context, options, environment, release) => {
    const { startPlan } = await import('../start-plan.ts');
    return startPlan(context, 'rollback', environment, {
      ...options,
      ...(release === undefined ? {} : { release }),
    });
  },
});
