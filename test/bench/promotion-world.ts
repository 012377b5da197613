import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGantry } from '#main/create-gantry.ts';
import { createInProcessClient } from '#main/shell/in-process-client.ts';
import { baseImage } from '#test/engine/base-image.ts';
import type { Engine } from '#test/engine/engine.ts';
import { run } from '#test/engine/process.ts';

export type PromotionWorld = {
  readonly folder: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** What a person sees before they say yes; starting it resolves with the run's last event. */
  plan(environment: string): Promise<() => Promise<void>>;
  /** An environment whose repository nobody has used. */
  freshEnvironment(): string;
  /** Where the release was pushed: `repository@digest`. */
  readonly source: string;
  remove(): Promise<void>;
};

/** A workspace whose release stands in one repository, and environments that are tags in repositories of their own. */
export async function createPromotionWorld(
  engine: Engine,
  host: string,
  sizes: readonly number[],
  environments: number,
): Promise<PromotionWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  const home = await mkdtemp(join(tmpdir(), 'gantry-bench-home-'));
  const names = Array.from({ length: environments }, (_, index) => `p${index + 1}`);
  await mkdir(join(folder, 'data'));
  for (const [index, size] of sizes.entries())
    await writeFile(join(folder, 'data', `${index}`), randomBytes(size));
  const copies = sizes.map((_, index) => `COPY data/${index} /data/`);
  await writeFile(join(folder, 'Dockerfile'), [`FROM ${baseImage}`, ...copies, ''].join('\n'));
  const environmentText = (name: string, repository: string) =>
    `  ${name}: { target: { kind: registry, repository: "${repository}" }, gates: { order: false }, confirm: click }\n`;
  const text = [
    'name: bench\nenvironments:\n',
    environmentText('dev', `${host}/dev/app`),
    ...names.map((name) => environmentText(name, `${host}/prod/${name}`)),
  ].join('');
  await writeFile(join(folder, 'gantry.yml'), text);
  for (const name of ['dev', ...names]) await writeFile(join(folder, `.env.${name}`), 'PORT=1\n');

  const env = { ...processEnv(), ...engine.env, GANTRY_HOME: home };
  const gantry = await createGantry({ home, shell: 'desktop', env, version: '0.0.0' });
  const { client, close } = createInProcessClient(gantry.router);
  const { id: workspaceId } = await client.workspaces.open({ folder });
  await client.workspaces.trust({ workspaceId });
  let requests = 0;
  const requestId = () => {
    requests += 1;
    return `bench-request-${requests}`;
  };
  const untilEnded = async (start: () => Promise<{ runId: number }>): Promise<void> => {
    const listening = new AbortController();
    const events = await client.live({ workspaceId }, { signal: listening.signal });
    // Its first word says that it listens.
    await events.next();
    const { runId } = await start();
    for await (const event of events) {
      if (event.kind !== 'recorded' || event.recorded.runId !== runId) continue;
      const end = event.recorded.event;
      if (end.kind !== 'run-ended') continue;
      listening.abort();
      if (end.outcome === 'succeeded') return;
      throw new Error(`run ${runId} ${end.outcome}: ${end.summary}`);
    }
    throw new Error('the events ended before the run');
  };
  const planned = async (to: string) => {
    const plan = await client.plan({ workspaceId, kind: 'deploy', to });
    return () =>
      untilEnded(() =>
        client.runs.start({ request: plan.request, planHash: plan.hash, requestId: requestId() }),
      );
  };
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
    freshEnvironment() {
      const name = names.shift();
      if (name === undefined) throw new Error('too few environments were made');
      return name;
    },
    async remove() {
      close();
      await gantry.dispose();
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

function processEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
