import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { builtGantry } from '#test/built-parts.ts';
import type { ProvisionedEngine } from '#test/engine/engine.ts';
import { definedOnly } from '#test/engine/reachable.ts';
import { type BuildContext, type ContextKind, createBuildContext } from './build-contexts.ts';
import { type OpenApp, openApp } from './open-app.ts';

export type BuildWorld = {
  buildInApp(): Promise<void>;
  buildByCommand(): Promise<void>;
  /** `docker buildx build` of the same context on the same engine. */
  buildByBuildx(): Promise<void>;
  changeOneFile(): Promise<void>;
  /** Takes from the engine everything but the base image: what it builds next it has never seen. */
  emptyEngine(): Promise<void>;
  remove(): Promise<void>;
};

const execute = promisify(execFile);

/** A repository whose context is a folder of it, so that both sides send the same files. */
export async function createBuildWorld(engine: ProvisionedEngine, kind: ContextKind): Promise<BuildWorld> {
  const name = `bench-${kind.toLowerCase()}`;
  const place = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  const folder = join(place, 'workspace');
  const context = await createBuildContext(join(folder, 'context'), kind);
  await describeWorkspace(folder, name, 'context');
  await commitAll(folder);
  const docker = async (...argv: string[]) =>
    (await execute(engine.dockerBin, argv, { env: { ...process.env, ...engine.env } })).stdout;
  // Each has a ledger of its own, as on two machines: neither waits for the other.
  const app = await openApp(join(place, 'app'), folder, engine.env);
  const command = { ...definedOnly(process.env), ...engine.env, GANTRY_HOME: join(place, 'command') };
  return {
    ...contextOf(context),
    buildInApp: () => buildIn(app),
    async buildByCommand() {
      await execute(process.execPath, [builtGantry, '-C', folder, 'build', '--trust'], { env: command });
    },
    async buildByBuildx() {
      // What ours is: an image of the engine's own store, and no attestations, which that store could not hold.
      const plain = ['--load', '--provenance=false', '--sbom=false', '--progress=plain'];
      await docker('buildx', 'build', ...plain, '--tag', `${name}-buildx:1`, context.folder);
    },
    async emptyEngine() {
      const names = (await docker('images', '--format', '{{.Repository}}:{{.Tag}}')).split('\n');
      const own = names.filter((each) => each.startsWith(name));
      if (own.length > 0) await docker('rmi', '--force', ...own);
      await docker('image', 'prune', '--force');
      await docker('buildx', 'prune', '--all', '--force');
    },
    async remove() {
      await app.close();
      await rm(place, { recursive: true, force: true });
    },
  };
}

/**
 * Milliseconds between an editor's writing and a person's asking for a build: a hand on its way to the mouse takes 400, and
 * the mouse to a button 1,100 (the keystroke-level model of Card, Moran and Newell). In the meantime an open app has told the
 * engine (docs/adr/0027).
 */
const handToMouse = 1_000;

function contextOf({ changeOneFile }: BuildContext): Pick<BuildWorld, 'changeOneFile'> {
  return {
    async changeOneFile() {
      await changeOneFile();
      await pause(handToMouse);
    },
  };
}

export async function buildIn(app: OpenApp, choices: { readonly noCache?: boolean } = {}): Promise<void> {
  const { client, workspaceId } = app;
  await app.untilEnded(() => client.runs.build({ workspaceId, requestId: app.requestId(), ...choices }));
}

export async function describeWorkspace(folder: string, name: string, context: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const lines = [
    `name: ${name}`,
    `build: { context: ${context} }`,
    'environments:',
    '  dev: { target: { kind: registry, repository: "127.0.0.1:5000/bench" } }',
    '',
  ];
  await writeFile(join(folder, 'gantry.yml'), lines.join('\n'));
  await writeFile(join(folder, '.env.dev'), 'PORT=1\n');
}

async function commitAll(folder: string): Promise<void> {
  const git = (...argv: string[]) => execute('git', ['-C', folder, ...argv], { maxBuffer: 1 << 26 });
  const author = ['-c', 'user.name=Bench', '-c', 'user.email=bench@localhost'];
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '.');
  await git(...author, 'commit', '--quiet', '--message', 'feat: begin');
}
