import type { GlobalOptions } from '../command-context.ts';
import { defineCommand } from './define.ts';

export const holdCommand = defineCommand<[string, string[]], GlobalOptions>({
  name: 'hold',
  summary: 'stop deploys and promotions to an environment until it is lifted',
  shape: (command) => command.argument('<environment>').argument('<reason...>', 'why, for whoever meets it'),
  run: async ({ session, print }, _options, environment, words) => {
    const reason = words.join(' ');
    const { id: workspaceId } = await session.workspace();
    const client = await session.client();
    await client.environments.hold({ workspaceId, environment, reason });
    print({ environment, reason }, () => `${environment} is on hold: ${reason}\n`);
  },
});
