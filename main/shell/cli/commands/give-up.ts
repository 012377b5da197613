import type { GlobalOptions } from '../command-context.ts';
import { runNumber } from './arguments.ts';
import { defineCommand } from './define.ts';

export const giveUpCommand = defineCommand<[number], GlobalOptions>({
  name: 'give-up',
  summary: 'leave a run that did not end well as it ended: nothing goes on from it any more',
  shape: (command) => command.argument('<run>', 'its number', runNumber),
  run: async ({ session, print }, _options, runId) => {
    const client = await session.client();
    const answer = await client.runs.giveUp({ runId });
    const { state, environment = '' } = (await client.runs.get({ runId })).summary;
    print({ runId, ...answer }, () =>
      answer.accepted
        ? `Run ${runId} is given up. It stays ${state}, and ${environment} as it is.\n`
        : `Run ${runId} was given up before.\n`,
    );
  },
});
