import { Command } from 'commander';
import type { CommandContext, GlobalOptions, RunAction } from '../command-context.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { ShellName } from '../session.ts';

export type DefineCommand<Arguments extends readonly unknown[], Options> = {
  readonly name: string;
  readonly summary: string;
  /** Adds arguments and options. */
  readonly shape?: (command: Command) => Command;
  readonly shell?: ShellName;
  /** Ends with exit code 0 unless it says otherwise. Imports what is heavy when it runs, so that `--help` is quick. */
  readonly run: (
    context: CommandContext,
    options: Options,
    ...values: Arguments
  ) => Promise<ExitCode | undefined> | Promise<void>;
};

/** A command as its file describes it. What Commander hands over is trusted to have the shape that was declared to it. */
export function defineCommand<Arguments extends readonly unknown[] = [], Options = GlobalOptions>(
  definition: DefineCommand<Arguments, Options>,
): (action: RunAction) => Command {
  const { name, summary, shape, run, shell = 'cli' } = definition;
  return (action) => {
    const command = new Command(name).description(summary).summary(summary);
    shape?.(command);
    return command.action(async (...received: unknown[]) => {
      // Commander calls with the declared arguments, then the options, then the command.
      const values = received.slice(0, -2) as unknown as Arguments;
      const options = command.optsWithGlobals<Options & GlobalOptions>();
      const body = async (context: CommandContext) => (await run(context, options, ...values)) ?? undefined;
      await action(options, body, shell);
    });
  };
}
