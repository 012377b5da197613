import { hiddenReleaseOption } from './arguments.ts';
import { defineCommand } from './define.ts';
import { type StartCommandOptions, withStartOptions } from './start-options.ts';

export const deployCommand = defineCommand<[string, string | undefined], StartCommandOptions>({
  name: 'deploy',
  summary: 'put a release into an environment; the newest one unless told otherwise',
  shape: (command) =>
    withStartOptions(
      command
        .argument('<environment>', 'where to')
        .argument('[release]', 'a release’s id or version (default: the newest)')
        .addOption(hiddenReleaseOption),
    ),
  run: async (context, options, environment, release) => {
    const { startPlan } = await import('../start-plan.ts');
    return startPlan(context, 'deploy', environment, {
      ...options,
      ...(release === undefined ? {} : { release }),
    });
  },
});
