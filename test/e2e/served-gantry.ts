import { type ChildProcess, spawn } from 'node:child_process';
import * as z from 'zod';
import { builtGantry } from '#test/built-parts.ts';
import { type GantryWorld, untilEnded } from '#test/gantry-process.ts';

const announcedSchema = z.object({ url: z.string(), origin: z.string() });

/** `gantry serve` as a process of its own. */
export type ServedGantry = {
  /** Lets one browser in, once. */
  readonly url: string;
  readonly origin: string;
  readonly port: number;
  /** As Ctrl-C does; a run that still goes on is left behind. */
  stop(): Promise<void>;
  /** A crash. */
  kill(): Promise<void>;
};

/** Not in the workspace's folder: the person opens it in the browser. */
export async function serveGantry(
  world: Pick<GantryWorld, 'env'> & { readonly workspace: Pick<GantryWorld['workspace'], 'home'> },
  options: { readonly port?: number; readonly as?: readonly string[] } = {},
): Promise<ServedGantry> {
  const { port = 0, as = [] } = options;
  const argv = [...as, process.execPath, builtGantry, 'serve', '--json', '--port', String(port)];
  const [command = '', ...args] = argv;
  const child = spawn(command, args, {
    cwd: world.workspace.home,
    env: world.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { url, origin } = announcedSchema.parse(JSON.parse(await firstLine(child)));
  const end = async (...signals: readonly NodeJS.Signals[]) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = untilEnded(child);
    for (const signal of signals) child.kill(signal);
    await ended;
  };
  return {
    url,
    origin,
    port: Number(new URL(origin).port),
    stop: async () => {
      const patience = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await end('SIGINT').finally(() => clearTimeout(patience));
    },
    kill: () => end('SIGKILL'),
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (out.includes('\n')) resolve(out);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.on('close', () => reject(new Error(`gantry serve ended before it said where it is:\n${out}${err}`)));
  return promise;
}
