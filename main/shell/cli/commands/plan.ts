import { Argument } from 'commander';
import type { GlobalOptions } from '../command-context.ts';
import { exitCodeOfError, exitCodes, refusalOf } from '../exit-codes.ts';
import type { PlanKind, RequestOptions } from '../start-plan.ts';
import { releaseOption } from './arguments.ts';
import { defineCommand } from './define.ts';

export const planCommand = defineCommand<[PlanKind, string], GlobalOptions & RequestOptions>({
  name: 'plan',
  summary: 'what a deploy, promotion or rollback would do; changes nothing',
  shape: (command) =>
    command
      .addArgument(new Argument('<kind>', 'what to plan').choices(['deploy', 'promote', 'rollback']))
      .argument('<environment>', 'where to')
      .option('--from <environment>', 'promote: whose release (default: the environment before)')
      .addOption(releaseOption)
      .addHelpText(
        'after',
        '\nEnds with 0 when the plan may start, 3 when a gate is closed, 2 when something blocks it.',
      ),
  run: async ({ session, print, terminal }, options, kind, environment) => {
    const [{ planRequest }, { planText }, { verdictOf }] = await Promise.all([
      import('../start-plan.ts'),
      import('../text/plan-text.ts'),
      import('#shared/domain/plan.ts'),
    ]);
    const workspace = await session.workspace();
    const client = await session.client();
    const plan = await client.plan(await planRequest(client, workspace, kind, environment, options));
    print(plan, () => planText(plan, terminal.style));
    const refusal = refusalOf(verdictOf(plan));
    return refusal === undefined ? exitCodes.done : exitCodeOfError(refusal);
  },
});
