import { Option } from 'commander';
import type { GlobalOptions } from '../command-context.ts';
import { followOption } from './arguments.ts';
import { defineCommand } from './define.ts';

type BuildOptions = GlobalOptions & {
  readonly cache: boolean;
  readonly replace?: boolean;
  readonly wait: boolean;
  readonly follow?: boolean;
};

export const buildCommand = defineCommand<[], BuildOptions>({
  name: 'build',
  summary: 'build and test the image, and record it as a release',
  shape: (command) =>
    command
      .option('--no-cache', 'run every build step again')
      .addOption(
        new Option(
          '--replace',
          'cancel a build of this workspace that goes on, and those that wait (default: wait)',
        ).conflicts('wait'),
      )
      .option('--no-wait', 'refuse when a build of this workspace goes on')
      .addOption(followOption),
  run: async (context, { cache, replace, wait, follow }) => {
    const [{ trustedWorkspace }, { watchRun }] = await Promise.all([
      import('../trust.ts'),
      import('../watch-run.ts'),
    ]);
    const client = await context.session.client();
    const { id: workspaceId } = await trustedWorkspace(context);
    const requestId = context.world.randomId();
    const whenBusy = replace === true ? 'replace' : wait ? 'queue' : 'refuse';
    const start = () => client.runs.build({ workspaceId, requestId, noCache: !cache, whenBusy });
    return watchRun(context, client, { workspaceId, start }, { follow: follow === true });
  },
});
