import type { GlobalOptions } from '../command-context.ts';
import { followOption } from './arguments.ts';
import { defineCommand } from './define.ts';

type BuildOptions = GlobalOptions & { readonly cache: boolean; readonly follow?: boolean };

export const buildCommand = defineCommand<[], BuildOptions>({
  name: 'build',
  summary: 'build and test the image, and record it as a release',
  shape: (command) => command.option('--no-cache', 'run every build step again').addOption(followOption),
  run: async (context, { cache, follow }) => {
    const [{ trustedWorkspace }, { watchRun }] = await Promise.all([
      import('../trust.ts'),
      import('../watch-run.ts'),
    ]);
    const client = await context.session.client();
    const { id: workspaceId } = await trustedWorkspace(context);
    const requestId = context.world.randomId();
    const start = () => client.runs.build({ workspaceId, requestId, noCache: !cache });
    return watchRun(context, client, { workspaceId, start }, { follow: follow === true });
  },
});
