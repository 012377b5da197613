import { PassThrough, Writable } from 'node:stream';
import { type CliOptions, runCli } from '#main/shell/cli/cli.ts';
import type { CliWorld } from '#main/shell/cli/command-context.ts';
import type { ExitCode } from '#main/shell/cli/exit-codes.ts';
import { createInterrupts } from '#main/shell/cli/interrupts.ts';
import type { OpenGantry } from '#main/shell/cli/session.ts';
import { startedAt } from './samples.ts';
import { createScriptedGantry, type Script, type ScriptedGantry } from './scripted-gantry.ts';

export type CliRun = {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
  readonly gantry: ScriptedGantry;
  readonly left: boolean;
};

export type RunOptions = Partial<Omit<Script, 'onStart'>> & {
  /** Lines that a person types; a terminal is there only with them. */
  readonly typed?: readonly string[];
  readonly openGantry?: OpenGantry;
  readonly checkWithoutLedger?: CliOptions['checkWithoutLedger'];
  /** Called after each piece of output, to press Ctrl-C. */
  readonly onOutput?: (everything: string, interrupt: () => void) => void;
  /** Called while a run is being asked for. */
  readonly onStart?: (interrupt: () => void) => void;
  readonly env?: Record<string, string>;
  readonly world?: Partial<CliWorld>;
};

/** The command line in this process, on a scripted Gantry. */
export async function runGantry(argv: readonly string[], options: RunOptions = {}): Promise<CliRun> {
  const { typed, onOutput, env, world, openGantry, checkWithoutLedger, onStart, ...script } = options;
  let left = false;
  const interrupts = createInterrupts(() => {
    left = true;
  });
  const gantry = createScriptedGantry({ ...script, onStart: () => onStart?.(() => interrupts.raise()) });
  const text = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof text) =>
    Object.assign(
      new Writable({
        write: (chunk, _encoding, done) => {
          text[name] += String(chunk);
          onOutput?.(text.stdout + text.stderr, () => interrupts.raise());
          done();
        },
      }),
      typed === undefined ? {} : { isTTY: true, columns: 100, rows: 40 },
    );
  const stdin = Object.assign(new PassThrough(), typed === undefined ? {} : { isTTY: true });
  for (const line of typed ?? []) stdin.write(`${line}\n`);
  const code = await runCli({
    argv,
    version: '0.0.0',
    world: {
      env: { NO_COLOR: '1', ...env },
      cwd: '/w/chatbot',
      platform: 'linux',
      packageFolder: '/gantry',
      now: () => startedAt,
      exists: () => false,
      randomId: () => 'request-0001',
      launch: async () => false,
      ...world,
    },
    streams: { stdin: () => stdin, stdout: sink('stdout'), stderr: sink('stderr') },
    interrupts,
    openGantry: openGantry ?? (async () => gantry),
    checkWithoutLedger: checkWithoutLedger ?? (async () => []),
  });
  return { code, ...text, gantry, left };
}

/** What was asked of the contract under that name. */
export function callsOf(run: CliRun, path: string): unknown[] {
  return run.gantry.calls.filter((call) => call.path === path).map((call) => call.input);
}
