import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Engine } from '#test/engine/engine.ts';
import { run } from '#test/engine/process.ts';
import { definedOnly } from '#test/engine/reachable.ts';
import { removeProjects } from '#test/engine/remove-projects.ts';
import { openApp } from './open-app.ts';

export type DeployWorld = {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Two, by turns: a deploy of the one that does not run. */
  readonly releases: readonly [string, string];
  /** What a person sees before they say yes; starting it resolves with the run's last event. */
  plan(environment: string, release: string): Promise<() => Promise<void>>;
  /** `docker compose` by hand, in a project of its own, with the image of a release. */
  byHand(release: string, ...command: readonly string[]): Promise<void>;
  /** Of a service of a project, where the machine reaches it. */
  addressOf(project: string, service: string, port: number): Promise<string>;
  /** What a service of a project wrote. */
  logOf(project: string, service: string): Promise<string>;
  remove(): Promise<void>;
};

export type DeployFiles = {
  readonly name: string;
  readonly gantry: string;
  /** Its service `web` says `build: .`, which by hand is the image. */
  readonly compose: string;
  readonly environments: readonly string[];
  readonly others?: Readonly<Record<string, string>>;
};

/** A workspace with two releases, and the same compose file once more for whoever deploys without Gantry. */
export async function createDeployWorld(engine: Engine, files: DeployFiles): Promise<DeployWorld> {
  const { name } = files;
  const folder = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  const home = await mkdtemp(join(tmpdir(), 'gantry-bench-home-'));
  const env = { ...definedOnly(process.env), ...engine.env, GANTRY_HOME: home };
  const written: Readonly<Record<string, string>> = {
    'gantry.yml': files.gantry,
    'compose.yml': files.compose,
    'by-hand.yml': files.compose.replaceAll('build: .', `image: \${IMAGE}`),
    ...Object.fromEntries(files.environments.map((one) => [`.env.${one}`, 'GREETING=hello\n'])),
    ...files.others,
  };
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  for (const [path, text] of Object.entries(written)) await write(path, text);
  const app = await openApp(home, folder, engine.env);
  const { client, workspaceId, requestId, untilEnded } = app;
  const built = async (version: string) => {
    await write('www/version', version);
    await untilEnded(() => client.runs.build({ workspaceId, requestId: requestId() }));
    const plan = await client.plan({ workspaceId, kind: 'deploy', to: files.environments[0] ?? '' });
    return { id: plan.release.id, ref: plan.release.ref };
  };
  const [first, second] = [await built('one'), await built('two')];
  const refs = new Map([first, second].map(({ id, ref }) => [id as string, ref]));
  const docker = async (image: string, ...argv: readonly string[]) => {
    const done = await run(engine.dockerBin, argv, { env: { ...env, IMAGE: image }, cwd: folder });
    if (done.code !== 0) throw new Error(`docker ${argv.join(' ')}: ${done.stderr}`);
    return done.stdout.trim();
  };
  const containerOf = (project: string, service: string) => {
    const filters = { project, service };
    const wanted = Object.entries(filters).flatMap(([key, value]) => [
      '--filter',
      `label=com.docker.compose.${key}=${value}`,
    ]);
    return docker('', 'ps', '--quiet', ...wanted);
  };
  const byHand = ['compose', '--project-name', `${name}-by-hand`, '--file', join(folder, 'by-hand.yml')];
  return {
    folder,
    env,
    releases: [first.id, second.id],
    async plan(to, release) {
      const plan = await client.plan({ workspaceId, kind: 'deploy', to, release });
      return async () => {
        await untilEnded(() =>
          client.runs.start({ request: plan.request, planHash: plan.hash, requestId: requestId() }),
        );
      };
    },
    async byHand(release, ...command) {
      await docker(refs.get(release) ?? '', ...byHand, ...command);
    },
    async addressOf(project, service, port) {
      const published = await docker('', 'port', await containerOf(project, service), String(port));
      return `http://${published.split('\n')[0]}`;
    },
    logOf: async (project, service) => docker('', 'logs', await containerOf(project, service)),
    async remove() {
      await app.close();
      await removeProjects(
        (...argv) => docker('', ...argv),
        (project) => project.startsWith(`${name}-`),
      );
      const images = await docker('', 'images', '--format', '{{.Repository}}:{{.Tag}}', name);
      await docker('', 'rmi', '--force', ...images.split('\n'));
      await rm(folder, { recursive: true, force: true });
      await rm(home, { recursive: true, force: true });
    },
  };
}
