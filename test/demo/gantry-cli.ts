import { spawn } from 'node:child_process';
import { builtGantry } from '#test/built-parts.ts';

export type Cli = {
  /** Prints what the command prints. Resolves with its exit code. */
  show(args: readonly string[]): Promise<number>;
  /** The JSON a command prints. Throws when the command fails. */
  json(args: readonly string[]): Promise<unknown>;
};

/** By the program that `npm ci` put in place: the demo does what a person would type, nothing else. */
export function createCli(folder: string, env: Readonly<Record<string, string>>, signal: AbortSignal): Cli {
  const start = (args: readonly string[], stdout: 'inherit' | 'pipe') =>
    spawn(process.execPath, [builtGantry, '-C', folder, ...args], {
      env,
      stdio: ['ignore', stdout, 'inherit'],
      signal,
      killSignal: 'SIGINT',
    });
  return {
    show: (args) =>
      new Promise((resolve, reject) => {
        const child = start(args, 'inherit');
        child.on('error', reject);
        child.on('close', (code) => resolve(code ?? 130));
      }),
    json: (args) =>
      new Promise((resolve, reject) => {
        const child = start([...args, '--json'], 'pipe');
        const chunks: Buffer[] = [];
        child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
        child.on('error', reject);
        child.on('close', (code) => {
          if (code === 0) resolve(JSON.parse(Buffer.concat(chunks).toString()));
          else reject(new Error(`gantry ${args.join(' ')} ended with exit code ${code}`));
        });
      }),
  };
}
