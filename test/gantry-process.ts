import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as z from 'zod';
import { type Board, type BoardEnvironment, boardSchema } from '#shared/domain/board.ts';
import { type RunSummary, runSummarySchema } from '#shared/domain/run.ts';
import { builtGantry } from './built-parts.ts';
import { type ChatbotWorkspace, createChatbotWorkspace } from './chatbot-workspace.ts';
import { testEngine } from './engine/for-tests.ts';
import { run } from './engine/process.ts';
import { definedOnly } from './engine/reachable.ts';
import { removeProjects } from './engine/remove-projects.ts';

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** The built command line as a process of its own, on a copy of examples/chatbot. */
export type GantryWorld = {
  readonly workspace: ChatbotWorkspace;
  readonly env: Readonly<Record<string, string>>;
  gantry(...args: readonly string[]): Promise<Ended>;
  /** Throws with what it printed unless it ends with 0. */
  done(...args: readonly string[]): Promise<Ended>;
  start(...args: readonly string[]): ChildProcess;
  docker(...args: readonly string[]): Promise<string>;
  board(): Promise<Board>;
  environment(name: string): Promise<BoardEnvironment>;
  history(): Promise<readonly RunSummary[]>;
  /** That of the newest run; empty when it has none. */
  newestRelease(): Promise<string>;
  /** The image that an environment's container truly runs, by docker; undefined when none runs. */
  liveImage(environment: string): Promise<string | undefined>;
  /** Containers, networks and image names of this world that still exist. */
  leftovers(): Promise<readonly string[]>;
  remove(): Promise<void>;
};

export async function createGantryWorld(
  engine: { readonly dockerBin: string; readonly env: Readonly<Record<string, string>> } = testEngine(),
  variables: Readonly<Record<string, string>> = {},
): Promise<GantryWorld> {
  const workspace = await createChatbotWorkspace('gantry-test');
  const own = { GANTRY_HOME: workspace.home, NO_COLOR: '1' };
  const env = { ...definedOnly(process.env), ...engine.env, ...own, ...variables };
  const argv = (args: readonly string[]) => [builtGantry, '-C', workspace.folder, ...args];
  const gantry = (...args: readonly string[]) => run(process.execPath, argv(args), { env });
  const done = async (...args: readonly string[]) => {
    const ended = await gantry(...args);
    if (ended.code === 0) return ended;
    throw new Error(`gantry ${args.join(' ')} ended with ${ended.code}\n${ended.stdout}\n${ended.stderr}`);
  };
  const docker = async (...args: readonly string[]) =>
    (await run(engine.dockerBin, args, { env })).stdout.trim();
  const board = async () => boardSchema.parse(JSON.parse((await done('status', '--json')).stdout));
  const history = async () =>
    z.array(runSummarySchema).parse(JSON.parse((await done('history', '--json')).stdout));
  return {
    workspace,
    env,
    gantry,
    done,
    docker,
    board,
    start: (...args) => spawn(process.execPath, argv(args), { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    async environment(name) {
      const found = (await board()).environments.find((environment) => environment.name === name);
      if (found === undefined) throw new Error(`the board has no ${name}`);
      return found;
    },
    history,
    newestRelease: async () => (await history())[0]?.release ?? '',
    async liveImage(environment) {
      const label = `label=com.docker.compose.project=${workspace.name}-${environment}`;
      const [id] = (await docker('ps', '--quiet', '--no-trunc', '--filter', label)).split('\n');
      return id ? docker('inspect', '--format', '{{.Image}}', id) : undefined;
    },
    async leftovers() {
      const label = `label=dev.gantry.workspace=${workspace.name}`;
      const lines = await Promise.all([
        docker('ps', '--all', '--quiet', '--filter', label),
        docker('images', '--format', '{{.Repository}}:{{.Tag}}', workspace.name),
      ]);
      return lines.join('\n').split('\n').filter(Boolean);
    },
    async remove() {
      await removeProjects(docker, (project) => project.startsWith(`${workspace.name}-`));
      const tags = (await docker('images', '--format', '{{.Repository}}:{{.Tag}}', workspace.name)).split(
        '\n',
      );
      if (tags[0]) await docker('rmi', ...tags);
      await workspace.remove();
    },
  };
}

/** Resolves once the process has printed the text; rejects when it ends first. */
export function untilPrinted(child: ChildProcess, text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let printed = '';
  const listen = (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.includes(text)) resolve();
  };
  child.stdout?.on('data', listen);
  child.stderr?.on('data', listen);
  child.on('close', () => reject(new Error(`ended before printing ${text}:\n${printed}`)));
  return promise;
}

/** The exit code, or -1 when a signal ended it. */
export async function untilEnded(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = await once(child, 'close');
  return typeof code === 'number' ? code : -1;
}
