import type { GlobalOptions } from '../command-context.ts';
import { runNumber } from './arguments.ts';
import { defineCommand } from './define.ts';

type LogsOptions = GlobalOptions & { readonly follow?: boolean; readonly step?: string };

export const logsCommand = defineCommand<[number | undefined], LogsOptions>({
  name: 'logs',
  summary: 'the output of a run; of the newest one unless told otherwise',
  shape: (command) =>
    command
      .argument('[run]', 'its number', runNumber)
      .option('-f, --follow', 'go on until the run ends; with --json one line for each line of output')
      .option('--step <id>', 'only this step’s output'),
  run: async (context, options, run) => {
    const { printLog } = await import('../print-log.ts');
    return printLog(context, run, options);
  },
});
