import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { CommandOptions, Commands, OutputLine, ProcessTable } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { ProcessIdentity } from '#shared/domain/processes.ts';
import { createTextLines } from '#shared/domain/text-lines.ts';
import { endGroup } from './process-group.ts';

export type CommandsOptions = {
  readonly processes: Pick<ProcessTable, 'identify'>;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs?: number;
};

/** Something that the program left in the background may hold its output open for ever. */
const closeWithinMs = 500;
/** Characters kept of each stream for the result; the oldest go first. */
const keptOutput = 32 * 1024 * 1024;

export function createCommands({ processes, graceMs = 5_000 }: CommandsOptions): Commands {
  return {
    async run(command) {
      command.signal.throwIfAborted();
      const child = await start(command, processes);
      let ending: Promise<void> | undefined;
      const end = () => {
        ending ??= endGroup(child.pid, graceMs);
        return ending;
      };
      command.signal.addEventListener('abort', end, { once: true });
      try {
        if (child.identity !== undefined) command.onSpawn?.(child.identity);
        // Only now: should this process die before the child was made known, a child that needs its input does nothing.
        child.feed(command.stdin);
        const exitCode = await watch(child, command);
        if (!child.isClosed()) await end();
        await ending;
        command.signal.throwIfAborted();
        return { exitCode, stdout: child.stdout(), stderr: child.stderr() };
      } catch (error) {
        await end();
        throw error;
      } finally {
        command.signal.removeEventListener('abort', end);
        child.release();
      }
    },
  };
}

type Child = {
  readonly pid: number;
  /** Absent when it ended before it could be looked at. */
  readonly identity: ProcessIdentity | undefined;
  readonly exited: Promise<number | null>;
  /** Rejects when the caller's `onLine` throws; never resolves. */
  readonly listenerFailed: Promise<never>;
  feed(input: string | undefined): void;
  stdout(): string;
  stderr(): string;
  isClosed(): boolean;
  /** Lets go of output that something else still holds open. */
  release(): void;
};

async function watch(child: Child, { signal }: CommandOptions): Promise<number | null> {
  if (signal.aborted) throw signal.reason;
  return Promise.race([child.exited, child.listenerFailed]);
}

async function start(command: CommandOptions, processes: Pick<ProcessTable, 'identify'>): Promise<Child> {
  const [program, ...args] = command.argv;
  const child = spawn(program, args, {
    cwd: command.cwd,
    env: command.env,
    // A group of its own, so that an abort reaches whatever the program starts. On Windows it would open a console.
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: 'pipe',
  });
  const identity = child.pid === undefined ? undefined : processes.identify(child.pid);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const onLine = guarded(command.onLine, failed.reject);
  const out = collect(child.stdout, (text) => onLine?.({ stream: 'out', text }));
  const err = collect(child.stderr, (text) => onLine?.({ stream: 'err', text }));
  const exited = exitOf(child, () => {
    out.end();
    err.end();
  });
  await spawned(child, command.cwd);
  // EPIPE: a program may end without reading what it is given.
  child.stdin.on('error', () => {});
  if (child.pid === undefined) throw new Error(`${program} was started without a process id`);
  return {
    pid: child.pid,
    identity,
    exited,
    listenerFailed: failed.promise,
    feed: (input) => child.stdin.end(input),
    stdout: out.text,
    stderr: err.text,
    isClosed: () => child.stdout.closed && child.stderr.closed,
    release() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

function spawned(child: ChildProcess, cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.on('error', (error) => {
      // The system says ENOENT for a missing folder too, as if the program were missing.
      reject(existsSync(cwd) ? error : folderGone(cwd, error));
    });
  });
}

function folderGone(folder: string, cause: Error): GantryError {
  const hint = 'Bring the folder back, or open the workspace where it is now.';
  return new GantryError('workspace-missing', `The folder ${folder} is gone.`, hint, { cause });
}

/** Resolves when the program has ended and its output has been read, or is held open by something else. */
function exitOf(child: ChildProcess, flush: () => void): Promise<number | null> {
  return new Promise((resolve) => {
    let late: NodeJS.Timeout | undefined;
    const done = (exitCode: number | null) => {
      clearTimeout(late);
      flush();
      resolve(exitCode);
    };
    child.once('exit', (exitCode) => {
      late = setTimeout(done, closeWithinMs, exitCode);
    });
    child.once('close', done);
  });
}

function guarded(
  onLine: CommandOptions['onLine'],
  failed: (reason: unknown) => void,
): ((line: OutputLine) => void) | undefined {
  if (onLine === undefined) return undefined;
  return (line) => {
    try {
      onLine(line);
    } catch (error) {
      failed(error);
    }
  };
}

function collect(stream: Readable, onLine: (text: string) => void) {
  const lines = createTextLines(new StringDecoder('utf8'), onLine);
  const chunks: Buffer[] = [];
  let kept = 0;
  stream.on('data', (chunk: Buffer) => {
    lines.write(chunk);
    chunks.push(chunk);
    kept += chunk.length;
    while (kept > keptOutput) kept -= chunks.shift()?.length ?? kept;
  });
  // A destroyed stream may say so; the program's exit code tells what matters.
  stream.on('error', () => {});
  return { end: () => lines.end(), text: () => Buffer.concat(chunks).toString('utf8') };
}
