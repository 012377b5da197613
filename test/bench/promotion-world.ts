import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseImage } from '#test/engine/base-image.ts';
import type { Engine } from '#test/engine/engine.ts';
import { run } from '#test/engine/process.ts';
import { definedOnly } from '#test/engine/reachable.ts';
import { openApp } from './open-app.ts';

export type PromotionWorld = {
  readonly folder: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** What a person sees before they say yes; starting it resolves with the run's last event. */
  plan(environment: string): Promise<() => Promise<void>>;
  /** An environment whose repository nobody has used, in place of the one before. */
  freshEnvironment(): Promise<string>;
  /** Where the release was pushed: `repository@digest`. */
  readonly source: string;
  remove(): Promise<void>;
};

/** A workspace whose release stands in one repository, and an environment that is a tag in another. */
export async function createPromotionWorld(
  engine: Engine,
  host: string,
  sizes: readonly number[],
): Promise<PromotionWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  const home = await mkdtemp(join(tmpdir(), 'gantry-bench-home-'));
  await mkdir(join(folder, 'data'));
  for (const [index, size] of sizes.entries())
    await writeFile(join(folder, 'data', `${index}`), randomBytes(size));
  const copies = sizes.map((_, index) => `COPY data/${index} /data/`);
  await writeFile(join(folder, 'Dockerfile'), [`FROM ${baseImage}`, ...copies, ''].join('\n'));
  const environmentText = (name: string, repository: string) =>
    `  ${name}: { target: { kind: registry, repository: "${repository}" }, gates: { order: false }, confirm: click }\n`;
  // As many as a workspace has: one with all that are measured would take longer to read than to promote.
  const writeConfig = async (...others: string[]) => {
    const environments = [
      environmentText('dev', `${host}/dev/app`),
      ...others.map((name) => environmentText(name, `${host}/prod/${name}`)),
    ];
    await writeFile(join(folder, 'gantry.yml'), `name: bench\nenvironments:\n${environments.join('')}`);
    for (const name of ['dev', ...others]) await writeFile(join(folder, `.env.${name}`), 'PORT=1\n');
  };
  await writeConfig();
  const env = { ...definedOnly(process.env), ...engine.env, GANTRY_HOME: home };
  const app = await openApp(home, folder, engine.env);
  const { client, workspaceId, requestId, untilEnded, listen } = app;
  const planned = async (to: string) => {
    const plan = await client.plan({ workspaceId, kind: 'deploy', to });
    const untilRunEnded = await listen();
    return async () => {
      await untilRunEnded(() =>
        client.runs.start({ request: plan.request, planHash: plan.hash, requestId: requestId() }),
      );
    };
  };
  let count = 0;
  await untilEnded(() => client.runs.build({ workspaceId, requestId: requestId() }));
  await (await planned('dev'))();
  const board = await client.board.get({ workspaceId });
  const [dev] = board.environments;
  const digest = dev?.observed.kind === 'running' ? dev.observed.services[0]?.imageId : undefined;
  if (digest === undefined) throw new Error('nothing was pushed');
  return {
    folder,
    home,
    env,
    source: `${host}/dev/app@${digest}`,
    plan: planned,
    async freshEnvironment() {
      count += 1;
      const name = `p${count}`;
      await writeConfig(name);
      // What is trusted is what it names.
      await client.workspaces.trust({ workspaceId });
      return name;
    },
    async remove() {
      await app.close();
      const docker = (...argv: string[]) => run(engine.dockerBin, argv, { env });
      const { stdout } = await docker('images', '--format', '{{.Repository}}:{{.Tag}}');
      const own = stdout
        .split('\n')
        .filter((name) => name.startsWith('bench:') || name.startsWith(`${host}/`));
      if (own.length > 0) await docker('rmi', ...own);
      await rm(folder, { recursive: true, force: true });
      await rm(home, { recursive: true, force: true });
    },
  };
}
