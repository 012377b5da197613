import { Option } from 'commander';
import type { GlobalOptions } from '../command-context.ts';
import { limit, type Moment, moment, releaseOption, runNumber } from './arguments.ts';
import { defineCommand } from './define.ts';

const kinds = ['build', 'adopt', 'deploy', 'promote', 'rollback', 'push', 'tag', 'prune'] as const;
const states = [
  'running',
  'succeeded',
  'failed',
  'errored',
  'cancelled',
  'rolled-back',
  'unverified',
  'interrupted',
] as const;

type HistoryOptions = GlobalOptions & {
  readonly limit: number;
  readonly environment?: string;
  readonly kind?: (typeof kinds)[number];
  readonly state?: (typeof states)[number];
  readonly release?: string;
  readonly since?: Moment;
  readonly before?: number;
};

export const historyCommand = defineCommand<[], HistoryOptions>({
  name: 'history',
  summary: 'the runs of this workspace, newest first',
  shape: (command) =>
    command
      .option('-n, --limit <count>', 'how many', limit, 20)
      .option('-e, --environment <name>', 'only those in this environment')
      .addOption(new Option('--kind <kind>', 'only those of this kind').choices(kinds))
      .addOption(new Option('--state <state>', 'only those in this state').choices(states))
      .addOption(releaseOption)
      .option('--since <when>', 'only those since a date, or 90m, 12h, 3d, 2w ago', moment)
      .option('--before <run>', 'only those before this run', runNumber),
  run: async ({ session, print, terminal, world }, options) => {
    const workspace = await session.workspace();
    const client = await session.client();
    const { release, environment, kind, state } = options;
    const { resolveRelease } = await import('../release-argument.ts');
    const runs = await client.runs.list({
      workspaceId: workspace.id,
      limit: options.limit,
      ...(environment === undefined ? {} : { environment }),
      ...(kind === undefined ? {} : { kind }),
      ...(state === undefined ? {} : { state }),
      ...(release === undefined ? {} : { release: await resolveRelease(client, workspace, release) }),
      ...(options.since === undefined ? {} : { since: options.since(world.now()) }),
      ...(options.before === undefined ? {} : { before: options.before }),
    });
    const [{ historyRow }, { table }] = await Promise.all([
      import('../text/run-text.ts'),
      import('../text/table.ts'),
    ]);
    print(runs, () => {
      if (runs.length === 0) return 'No runs.\n';
      const rows = runs.map((run) => historyRow(run, world.now(), terminal.style));
      return `${table(rows).join('\n')}\n`;
    });
  },
});
