import type { GlobalOptions } from '../command-context.ts';
import { runNumber } from './arguments.ts';
import { defineCommand } from './define.ts';

export const cancelCommand = defineCommand<[number], GlobalOptions>({
  name: 'cancel',
  summary: 'ask a run to stop, whichever Gantry on this machine runs it',
  shape: (command) => command.argument('<run>', 'its number', runNumber),
  run: async ({ session, print }, _options, runId) => {
    const client = await session.client();
    const answer = await client.runs.cancel({ runId });
    print({ runId, ...answer }, () =>
      answer.accepted ? `Run ${runId} is being cancelled.\n` : `Run ${runId} has ended already.\n`,
    );
  },
});
