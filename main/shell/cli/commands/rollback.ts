import type { CommandContext } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { hiddenReleaseOption } from './arguments.ts';
import { defineCommand } from './define.ts';
import { type StartCommandOptions, withStartOptions } from './start-options.ts';

type RollbackOptions = StartCommandOptions & { readonly list?: boolean };

export const rollbackCommand = defineCommand<[string, string | undefined], RollbackOptions>({
  name: 'rollback',
  summary: 'take an environment back to what ran there before, image and env file',
  shape: (command) =>
    withStartOptions(
      command
        .argument('<environment>', 'which one')
        .argument('[release]', 'a release’s id or version (default: what ran before)')
        .addOption(hiddenReleaseOption)
        .option('--list', 'only list what it may go back to, and whether the images still exist'),
    ),
  run: async (context, { list, ...options }, environment, release) => {
    if (list === true) return listChoices(context, environment);
    const { startPlan } = await import('../start-plan.ts');
    return startPlan(context, 'rollback', environment, {
      ...options,
      ...(release === undefined ? {} : { release }),
    });
  },
});

async function listChoices({ session, print, terminal, world }: CommandContext, environment: string) {
  const { id: workspaceId } = await session.workspace();
  const client = await session.client();
  const choices = await client.releases.rollbackChoices({ workspaceId, environment });
  const { choicesText } = await import('../text/images-text.ts');
  print(choices, () => choicesText(environment, choices, world.now(), terminal.style));
  return exitCodes.done;
}
