import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const script = fileURLToPath(new URL('./children/worker.ts', import.meta.url));

export type Worker = {
  readonly process: ChildProcessWithoutNullStreams;
  /** The next line it says. */
  readonly hear: () => Promise<unknown>;
  /** Gives a command and answers what it says to it. */
  readonly ask: (command: object) => Promise<unknown>;
  /** kill -9, and waits until it is gone. */
  readonly kill: () => Promise<void>;
};

/** Worker processes that are ready and have nothing to do yet; gone when the test ends. */
export async function crewOf(count: number): Promise<readonly Worker[]> {
  return Promise.all(Array.from({ length: count }, startWorker));
}

async function startWorker(): Promise<Worker> {
  const child = spawn(process.execPath, [script], { stdio: 'pipe' });
  const exited = once(child, 'exit');
  const complaints: string[] = [];
  child.stderr.on('data', (data) => complaints.push(String(data)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const hear = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the worker ended: ${complaints.join('')}`);
    return JSON.parse(value);
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  if ((await hear()) !== 'ready') throw new Error('the worker did not say that it is ready');
  const ask = (command: object) => {
    child.stdin.write(`${JSON.stringify(command)}\n`);
    return hear();
  };
  return { process: child, hear, ask, kill };
}
