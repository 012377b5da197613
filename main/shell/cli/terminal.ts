import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import pc from 'picocolors';

export type Style = ReturnType<typeof pc.createColors>;

/** What the commands may know of the terminal; in a pipe nothing is redrawn, asked or coloured. */
export type Terminal = {
  /** What was asked for, on stdout. */
  out(text: string): void;
  /** Errors, notices and questions, on stderr. */
  err(text: string): void;
  readonly style: Style;
  /** For stderr, which may be a terminal where stdout is not. */
  readonly errStyle: Style;
  /** Whether stdout can be redrawn. */
  readonly isLive: boolean;
  /** Whether a person sits there and can answer. */
  readonly canAsk: boolean;
  columns(): number;
  rows(): number;
  /** `undefined` when the input ended instead. */
  ask(question: string): Promise<string | undefined>;
  /** Calls back for each line typed, until the returned function is called. */
  onLine(listener: () => void): () => void;
  /** Calls back when nobody reads stdout any more, as after `| head`, until the returned function is called. */
  onUnread(listener: () => void): () => void;
  bell(): void;
};

type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

export type TerminalOptions = {
  /** Asked for when it is read: Node takes milliseconds to make it. */
  readonly stdin: () => Readable & { readonly isTTY?: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False after `--no-color`. */
  readonly color: boolean;
};

export function createTerminal({ stdin, stdout, stderr, env, color }: TerminalOptions): Terminal {
  const isSmart = env.TERM !== 'dumb';
  const colours = (stream: Stream) =>
    pc.createColors(wantsColour(env, color, stream.isTTY === true && isSmart));
  return {
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    style: colours(stdout),
    errStyle: colours(stderr),
    isLive: stdout.isTTY === true && isSmart,
    get canAsk() {
      return stderr.isTTY === true && stdin().isTTY === true;
    },
    columns: () => stdout.columns ?? 80,
    rows: () => stdout.rows ?? 24,
    ask: (question) => askLine(stdin(), stderr, question),
    onLine: (listener) => {
      const lines = createInterface({ input: stdin(), terminal: false });
      lines.on('line', listener);
      return () => lines.close();
    },
    onUnread: (listener) => {
      stdout.on('error', listener);
      return () => stdout.off('error', listener);
    },
    bell: () => {
      if (stderr.isTTY === true) stderr.write('\u0007');
    },
  };
}

/** https://no-color.org: any value but the empty one; FORCE_COLOR is its usual counterpart. */
function wantsColour(env: TerminalOptions['env'], option: boolean, isTerminal: boolean): boolean {
  if (!option || (env.NO_COLOR ?? '') !== '') return false;
  const force = env.FORCE_COLOR ?? '';
  return force === '' ? isTerminal : force !== '0';
}

function askLine(stdin: Readable, stderr: Writable, question: string): Promise<string | undefined> {
  stderr.write(question);
  // `terminal: false` leaves the line editing to the terminal's driver, and so Ctrl-C to the signal handler.
  const lines = createInterface({ input: stdin, terminal: false });
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line.trim());
      lines.close();
    });
    lines.once('close', () => resolve(undefined));
  });
}
