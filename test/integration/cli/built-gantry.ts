import { type ChildProcess, spawn } from 'node:child_process';
import { builtGantry } from '#test/built-parts.ts';
import type { GantryWorld } from '#test/gantry-process.ts';

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Started = {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves to stdout once it and stderr together hold the text; rejects when the process ends without. */
  said(text: string): Promise<string>;
};

/** Starts the built command line in a world's workspace, in pipes and without a terminal. */
export function startBuilt(
  world: Pick<GantryWorld, 'workspace' | 'env'>,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Started {
  const argv = [builtGantry, '-C', world.workspace.folder, ...args];
  return watch(
    spawn(process.execPath, argv, { env: { ...world.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

export function watch(child: ChildProcess): Started {
  const text = { out: '', err: '' };
  const looks = new Set<() => void>();
  const collect = (name: keyof typeof text) => (chunk: Buffer) => {
    text[name] += chunk.toString();
    for (const look of looks) look();
  };
  child.stdout?.on('data', collect('out'));
  child.stderr?.on('data', collect('err'));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout: text.out, stderr: text.err }));
  });
  const said = (wanted: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        if ((text.out + text.err).includes(wanted)) resolve(text.out);
      };
      looks.add(look);
      look();
      ended.then(
        ({ stdout, stderr }) => reject(new Error(`never said ${wanted}:\n${stdout}${stderr}`)),
        reject,
      );
    });
  return { child, ended, said };
}
