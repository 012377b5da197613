import type { Check } from '#shared/domain/system.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Interrupts } from './interrupts.ts';
import type { Session, ShellName } from './session.ts';
import type { Terminal } from './terminal.ts';

/** What every command accepts. */
export type GlobalOptions = {
  readonly workspace?: string;
  readonly json?: boolean;
  readonly trust?: boolean;
  readonly color: boolean;
};

export type Launch = { readonly argv: readonly [string, ...string[]]; readonly stdin?: string };

/** The machine around the process. */
export type CliWorld = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** The user who runs this; absent where the system has no such ids. */
  readonly uid?: number;
  /** Gantry's own package: what was built lies in its dist/. */
  readonly packageFolder: string;
  now(): number;
  exists(path: string): boolean;
  randomId(): string;
  /** Starts a program that outlives us; resolves to whether it could be started. */
  launch(program: Launch): Promise<boolean>;
};

export type CommandContext = {
  readonly world: CliWorld;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  readonly session: Session;
  /** The doctor's checks where no Gantry could be opened for that. */
  checkWithoutLedger(error: unknown): Promise<readonly Check[]>;
  readonly json: boolean;
  /** The folder at hand: `-C`, else the nearest with a gantry.yml, else the current one. */
  readonly folder: string;
  /** The folder that was chosen on purpose: `-C`, or one with a gantry.yml around us. */
  readonly chosenFolder?: string;
  /** One JSON document with `--json`, else the text. */
  print(value: unknown, text: () => string): void;
};

/** Runs a command's body; what it throws becomes the error text and the exit code. */
export type RunAction = (
  options: GlobalOptions,
  body: (context: CommandContext) => Promise<ExitCode | undefined>,
  shell: ShellName,
) => Promise<void>;
