import type { GlobalOptions } from '../command-context.ts';
import { exitCodeOfError, exitCodes, refusalOf } from '../exit-codes.ts';
import type { RequestOptions } from '../start-plan.ts';
import { hiddenReleaseOption } from './arguments.ts';
import { defineCommand } from './define.ts';

type PlanArguments = [string, string | undefined, string | undefined];

export const planCommand = defineCommand<PlanArguments, GlobalOptions & RequestOptions>({
  name: 'plan',
  summary: 'what a deploy, promotion or rollback would do; changes nothing',
  shape: (command) =>
    command
      .usage('[options] [deploy|promote|rollback] <environment> [release]')
      // Commander takes an optional argument only behind the others.
      .argument('<what>', 'deploy, promote or rollback; by default what brings a release here')
      .argument('[environment]', 'where to')
      .argument('[release]', 'a release’s id or version (default: as the command itself chooses)')
      .option('--from <environment>', 'promote: whose release (default: the environment before)')
      .addOption(hiddenReleaseOption)
      .addHelpText(
        'after',
        '\nWithout a kind the first environment is deployed to and every other one is promoted to.\nEnds with 0 when the plan may start, 3 when a gate is closed, 2 when something blocks it.',
      ),
  run: async ({ session, print, terminal }, options, ...words) => {
    const [{ planRequest, planSubject }, { planText }, { verdictOf }] = await Promise.all([
      import('../start-plan.ts'),
      import('../text/plan-text.ts'),
      import('#shared/domain/plan.ts'),
    ]);
    const workspace = await session.workspace();
    const { kind, environment, release = options.release } = planSubject(words, workspace.environments);
    const client = await session.client();
    const asked = { ...options, ...(release === undefined ? {} : { release }) };
    const plan = await client.plan(await planRequest(client, workspace, kind, environment, asked));
    print(plan, () => planText(plan, terminal.style));
    const refusal = refusalOf(verdictOf(plan));
    return refusal === undefined ? exitCodes.done : exitCodeOfError(refusal);
  },
});
