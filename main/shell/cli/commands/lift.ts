import type { GlobalOptions } from '../command-context.ts';
import { defineCommand } from './define.ts';

export const liftCommand = defineCommand<[string], GlobalOptions>({
  name: 'lift',
  summary: 'lift the hold on an environment',
  shape: (command) => command.argument('<environment>'),
  run: async ({ session, print }, _options, environment) => {
    const { id: workspaceId } = await session.workspace();
    const client = await session.client();
    await client.environments.lift({ workspaceId, environment });
    print({ environment }, () => `${environment} is no longer on hold.\n`);
  },
});
