import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export type Finished = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
};

export type RunOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: NodeJS.ReadableStream;
  readonly signal?: AbortSignal;
};

/** Runs a command to its end. A command that cannot be started ends with code 127, as in a shell. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: options.env ?? process.env,
      cwd: options.cwd,
      signal: options.signal,
      stdio: [options.input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    if (options.input && child.stdin) {
      // A command that ends early closes its input: its exit code tells more than EPIPE does.
      child.stdin.on('error', () => {});
      options.input.pipe(child.stdin);
    }
    const end = (code: number, extra = '') =>
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() + extra });
    child.on('error', (error) => end(127, error.message));
    child.on('close', (code, signal) => end(code ?? (signal ? 128 : 1)));
  });
}

/** The last lines of what a command said, on one line, for an error message. */
export function lastWords(text: string, lines = 3): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-lines)
    .join(' | ');
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but is not ours.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** True when the child had ended within the time. */
export async function endedWithin(child: ChildProcess, ms: number): Promise<boolean> {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  if (hasEnded()) return true;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const timer = new AbortController();
  await Promise.race([ended, sleep(ms, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
  return hasEnded();
}

/** Asks a child to end, and makes it end when it has not after `graceMs`. */
export async function endChild(
  child: ChildProcess,
  graceMs: number,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  if (await endedWithin(child, graceMs)) return;
  child.kill('SIGKILL');
  await endedWithin(child, 5_000);
}
