import { Option } from 'commander';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { RunBeginning } from '../watch-run.ts';
import { followOption } from './arguments.ts';
import { defineCommand } from './define.ts';

type BuildOptions = GlobalOptions & {
  readonly cache: boolean;
  readonly replace?: boolean;
  readonly wait: boolean;
  readonly commit?: string;
  /** True without a name. */
  readonly gitTag?: string | true;
  readonly watch?: boolean;
  /** False after `--no-deploy`. */
  readonly deploy?: string | false;
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
      .option('--git-tag [name]', 'then tag its commit in git, with the notes (default: v and the version)')
      .addOption(
        new Option('--watch', 'again on every change, and deploy what passed, until Ctrl-C').conflicts([
          'cache',
          'replace',
          'wait',
          'commit',
          'gitTag',
        ]),
      )
      .option('--deploy <environment>', 'with --watch: where to (default: watch.environment, else the first)')
      .option('--no-deploy', 'with --watch: build and test only')
      .addOption(followOption)
      .addHelpText(
        'after',
        '\nWith --commit the folder stays as it is: the commit is checked out elsewhere for as long as the build takes, and\n' +
          'built and tested as its own gantry.yml says. A release whose image is gone comes back that way.',
      ),
  run: async (context, options) => {
    if (options.watch === true) return watch(context, options);
    if (options.deploy !== undefined) throw await onlyWatching();
    const { cache, replace, wait, commit, trust, follow, gitTag } = options;
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
    const tagged = gitTag === undefined ? {} : await tagAfterwards(context, workspaceId, gitTag, commit);
    return watchRun(context, client, { workspaceId, start, ...tagged }, { follow: follow === true });
  },
});

async function watch(context: CommandContext, { deploy }: BuildOptions): Promise<ExitCode> {
  const [{ trustedWorkspace }, { watchLoop }] = await Promise.all([
    import('../trust.ts'),
    import('../watch-loop.ts'),
  ]);
  const client = await context.session.client();
  const { id: workspaceId, folder } = await trustedWorkspace(context);
  const environment =
    deploy === false ? { environment: null } : deploy === undefined ? {} : { environment: deploy };
  return watchLoop(context, client, { workspaceId, folder, ...environment });
}

async function tagAfterwards(
  context: CommandContext,
  workspaceId: string,
  gitTag: string | true,
  commit: string | undefined,
): Promise<Pick<RunBeginning, 'afterwards'>> {
  const { requireCommitted, tagRelease } = await import('../tag-release.ts');
  if (commit === undefined) await requireCommitted(context, workspaceId);
  const name = gitTag === true ? undefined : gitTag;
  return {
    afterwards: async ({ release }) =>
      release === undefined ? {} : { gitTag: await tagRelease(context, workspaceId, release, name) },
  };
}

async function onlyWatching(): Promise<Error> {
  const { GantryError } = await import('#shared/domain/errors.ts');
  return new GantryError(
    'usage',
    'Only a build that watches deploys what it made.',
    'Add --watch, or deploy afterwards: gantry deploy.',
  );
}
