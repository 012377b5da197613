import { Command } from 'commander';
import type { RunAction } from './command-context.ts';
import { adoptCommand } from './commands/adopt.ts';
import { buildCommand } from './commands/build.ts';
import { cancelCommand } from './commands/cancel.ts';
import { compareCommand } from './commands/compare.ts';
import { deployCommand } from './commands/deploy.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { gitTagCommand } from './commands/git-tag.ts';
import { giveUpCommand } from './commands/give-up.ts';
import { historyCommand } from './commands/history.ts';
import { holdCommand } from './commands/hold.ts';
import { imagesCommand } from './commands/images.ts';
import { initCommand } from './commands/init.ts';
import { liftCommand } from './commands/lift.ts';
import { logsCommand } from './commands/logs.ts';
import { notesCommand } from './commands/notes.ts';
import { openCommand } from './commands/open.ts';
import { pinCommand } from './commands/pin.ts';
import { planCommand } from './commands/plan.ts';
import { promoteCommand } from './commands/promote.ts';
import { pruneCommand } from './commands/prune.ts';
import { pushCommand } from './commands/push.ts';
import { retryCommand } from './commands/retry.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { schemaCommand } from './commands/schema.ts';
import { serveCommand } from './commands/serve.ts';
import { statusCommand } from './commands/status.ts';
import { tagCommand } from './commands/tag.ts';
import { targetsCommand } from './commands/targets.ts';
import { trustCommand } from './commands/trust.ts';
import { unpinCommand } from './commands/unpin.ts';
import type { Terminal } from './terminal.ts';

export type ProgramOptions = {
  readonly version: string;
  readonly action: RunAction;
  readonly terminal: Pick<Terminal, 'out' | 'err' | 'columns'>;
};

/** In the order in which a newcomer meets them. */
const groups = [
  [
    'Releasing:',
    [
      buildCommand,
      planCommand,
      deployCommand,
      promoteCommand,
      rollbackCommand,
      retryCommand,
      giveUpCommand,
      gitTagCommand,
    ],
  ],
  [
    'Images:',
    [
      compareCommand,
      imagesCommand,
      pushCommand,
      tagCommand,
      adoptCommand,
      pinCommand,
      unpinCommand,
      pruneCommand,
    ],
  ],
  ['Looking:', [statusCommand, diffCommand, historyCommand, logsCommand, notesCommand]],
  ['Stopping:', [cancelCommand, holdCommand, liftCommand]],
  ['Workspace:', [initCommand, trustCommand, doctorCommand, targetsCommand, schemaCommand]],
  ['App:', [openCommand, serveCommand]],
] as const;

const afterHelp = `
Exit codes:
  0 done   1 the run failed, errored or was rolled back   2 usage or configuration
  3 a gate is closed or the environment is on hold   4 the environment is busy
  5 engine or target unreachable before anything started   6 the plan is stale
  7 the workspace is not trusted   8 triggered, but the result cannot be observed
  130 cancelled`;

export function createProgram({ version, action, terminal }: ProgramOptions): Command {
  const program = new Command('gantry')
    .description('Build an image once, prove it, and carry that same image from dev to staging to prod.')
    .version(version, '-V, --version')
    .option(
      '-C, --workspace <folder>',
      'the workspace (default: the nearest folder upwards with a gantry.yml)',
    )
    .option('--json', 'print one JSON document')
    .option('--trust', 'trust the workspace: its gantry.yml may run commands here')
    .option('--no-color', 'no colours (NO_COLOR works too)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHelpWidth: () => terminal.columns(),
      getErrHelpWidth: () => terminal.columns(),
    })
    .showHelpAfterError('(gantry --help lists commands and options)')
    .exitOverride()
    .addHelpText('after', afterHelp);
  for (const [title, commands] of groups) {
    program.commandsGroup(title);
    for (const create of commands) program.addCommand(create(action).copyInheritedSettings(program));
  }
  return program;
}
