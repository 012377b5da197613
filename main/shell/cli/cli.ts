import type { Readable, Writable } from 'node:stream';
import { CommanderError } from 'commander';
import type { CliWorld, CommandContext, GlobalOptions, RunAction } from './command-context.ts';
import { type ExitCode, exitCodeOfError, exitCodes } from './exit-codes.ts';
import type { Interrupts } from './interrupts.ts';
import { createProgram } from './program.ts';
import { createSession, type OpenGantry, type ShellName } from './session.ts';
import { createTerminal, type Terminal, type TerminalOptions } from './terminal.ts';
import { nearestWorkspace, workspaceFolder } from './workspace-folder.ts';

export type CliOptions = {
  /** Without the program's own name. */
  readonly argv: readonly string[];
  readonly version: string;
  readonly world: CliWorld;
  readonly streams: {
    readonly stdin: () => Readable;
    readonly stdout: Writable;
    readonly stderr: Writable;
  };
  readonly interrupts: Interrupts;
  readonly openGantry: OpenGantry;
  readonly checkWithoutLedger: CommandContext['checkWithoutLedger'];
};

/** The whole command line but the process around it. Never rejects. */
export async function runCli(options: CliOptions): Promise<ExitCode> {
  const { argv, version } = options;
  const ended: { code: ExitCode } = { code: exitCodes.done };
  const action: RunAction = async (globals, body, shell) => {
    const context = createContext(options, globals, shell);
    try {
      ended.code = (await body(context)) ?? exitCodes.done;
    } catch (error) {
      ended.code = await reportError(error, context);
    } finally {
      await context.session.close();
    }
  };
  const terminal = terminalOf(options, !argv.includes('--no-color'));
  const program = createProgram({ version, action, terminal });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    ended.code = reportUsage(error, argv.includes('--json') ? terminal.out : undefined);
  }
  return ended.code;
}

function createContext(options: CliOptions, globals: GlobalOptions, shell: ShellName): CommandContext {
  const { world, interrupts, openGantry, checkWithoutLedger } = options;
  const { cwd, exists } = world;
  const terminal = terminalOf(options, globals.color);
  const json = globals.json === true;
  const named = globals.workspace;
  const folder = workspaceFolder({ cwd, exists, ...(named === undefined ? {} : { named }) });
  const chosen = named === undefined ? nearestWorkspace({ cwd, exists }) : folder;
  return {
    world,
    terminal,
    interrupts,
    session: createSession({
      openGantry,
      shell,
      folder: () => folder,
      trust: globals.trust === true,
      onFailure: (error) => debug(error, world, terminal),
    }),
    checkWithoutLedger,
    json,
    folder,
    ...(chosen === undefined ? {} : { chosenFolder: chosen }),
    print: (value, text) => terminal.out(json ? `${JSON.stringify(value, null, 2)}\n` : text()),
  };
}

function terminalOf({ streams, world }: CliOptions, color: boolean) {
  return createTerminal({
    ...(streams satisfies Omit<TerminalOptions, 'env' | 'color'>),
    env: world.env,
    color,
  });
}

async function reportError(error: unknown, context: CommandContext): Promise<ExitCode> {
  const [{ toGantryError }, { toErrorDetail }, { errorText }] = await Promise.all([
    import('../client-error.ts'),
    import('#shared/domain/errors.ts'),
    import('./text/error-text.ts'),
  ]);
  const detail = toErrorDetail(toGantryError(error));
  const exitCode = exitCodeOfError(detail.code);
  const { json, terminal, world } = context;
  if (json) terminal.out(`${JSON.stringify({ error: detail, exitCode }, null, 2)}\n`);
  terminal.err(errorText(detail, terminal.errStyle));
  debug(error, world, terminal);
  return exitCode;
}

/** Where it happened, for whoever mends Gantry. Not redacted, and so only when asked for. */
function debug(error: unknown, { env }: CliWorld, terminal: Pick<Terminal, 'err'>): void {
  if ((env.GANTRY_DEBUG ?? '') === '') return;
  terminal.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}

/** Commander has printed its message by now; help and the version are no errors. */
function reportUsage(error: CommanderError, out: ((text: string) => void) | undefined): ExitCode {
  if (error.exitCode === 0) return exitCodes.done;
  // `gantry` alone has printed its help.
  const message = error.code === 'commander.help' ? 'no command' : error.message.replace(/^error: /, '');
  const detail = { code: 'usage', message, hint: 'gantry --help lists commands and options.' };
  out?.(`${JSON.stringify({ error: detail, exitCode: exitCodes.usage }, null, 2)}\n`);
  return exitCodes.usage;
}
