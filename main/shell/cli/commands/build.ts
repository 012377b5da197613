import { Option } from 'commander';
import type { GlobalOptions } from '../command-context.ts';
import { followOption } from './arguments.ts';
import { defineCommand } from './define.ts';

type BuildOptions = GlobalOptions & {
  readonly cache: boolean;
  readonly replace?: boolean;
  readonly wait: boolean;
  readonly commit?: string;
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
      .option('--commit <commit>', 'build that commit instead of the folder as it is')
      .addOption(followOption)
      .addHelpText(
        'after',
        '\nWith --commit the folder stays as it is: the commit is checked out elsewhere for as long as the build takes, and\n' +
          'built and tested as its own gantry.yml says. A release whose image is gone comes back that way.',
      ),
  run: async (context, { cache, replace, wait, commit, trust, follow }) => {
    const [{ trustedWorkspace }, { watchRun }] = await Promise.all([
      import('../trust.ts'),
      import('../watch-run.ts'),
    ]);
    const client = await context.session.client();
    const { id: workspaceId } = await trustedWorkspace(context);
    const requestId = context.world.randomId();
    const whenBusy = replace === true ? 'replace' : wait ? 'queue' : 'refuse';
    const of = commit === undefined ? {} : { commit, trustCommit: trust === true };
    const start = () => client.runs.build({ workspaceId, requestId, noCache: !cache, whenBusy, ...of });
    return watchRun(context, client, { workspaceId, start }, { follow: follow === true });
  },
});
