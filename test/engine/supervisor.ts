/**
 * The process that owns one private engine. It is detached, so Ctrl-C in the person's terminal does not reach it, and
 * it removes everything once its parent is gone, however the parent ended: the IPC channel closes even after kill -9.
 */
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';
import { type Daemons, prepareDaemons } from './daemons.ts';
import { removeDeadRuns, removeLeftovers } from './leftovers.ts';
import { withLock } from './lock.ts';
import { createBridge, freePool } from './network.ts';
import { run } from './process.ts';
import { createRunFolder, type RunFolder } from './run-folder.ts';
import {
  type SupervisorAnswer,
  type SupervisorOrder,
  supervisorOrderSchema,
  supervisorRequestSchema,
} from './supervisor-protocol.ts';

/** Removes what dead runs left, then claims a corner of the address space. One supervisor at a time does this. */
async function claim(order: SupervisorOrder): Promise<RunFolder> {
  return withLock(order.lock, async () => {
    const living = await removeDeadRuns(order.runs);
    const pool = await freePool(living.map((one) => one.pool));
    const claimed = await createRunFolder(order.runs, pool);
    await createBridge(claimed.bridge, claimed.pool);
    return claimed;
  });
}

/** A Docker configuration folder of the engine's own, in which the client finds Compose and buildx. */
async function writeDockerConfig(engine: RunFolder, order: SupervisorOrder): Promise<void> {
  await mkdir(engine.dockerConfig, { recursive: true });
  await writeFile(join(engine.dockerConfig, 'config.json'), '{}\n');
  await symlink(order.packages.cliPlugins, join(engine.dockerConfig, 'cli-plugins'));
}

/** Containers are removed by force first: dockerd would give each one its ten seconds to end. */
async function removeContainers(engine: RunFolder, docker: string): Promise<void> {
  const ask = (...args: string[]) =>
    run(docker, ['-H', `unix://${engine.socket}`, ...args], { signal: AbortSignal.timeout(15_000) });
  const ids = (await ask('ps', '-aq')).stdout.split('\n').filter((id) => id !== '');
  if (ids.length > 0) await ask('rm', '-f', ...ids);
  await ask('network', 'prune', '-f');
}

type Owned = { readonly engine: RunFolder; readonly daemons: Daemons };

async function bringUp(
  order: SupervisorOrder,
  signal: AbortSignal,
  own: (owned: Owned) => void,
): Promise<void> {
  const engine = await claim(order);
  const daemons = await prepareDaemons(engine, order);
  own({ engine, daemons });
  await writeDockerConfig(engine, order);
  await daemons.startContainerd(signal);
  await daemons.startDockerd(signal);
}

async function takeDown({ engine, daemons }: Owned, docker: string): Promise<void> {
  await removeContainers(engine, docker);
  await daemons.stopDockerd('SIGTERM');
  await daemons.stopContainerd();
  await removeLeftovers(engine);
}

function tell(answer: SupervisorAnswer): void {
  // The parent may be gone: then nobody is there to be told.
  if (process.connected) process.send?.(answer, undefined, undefined, () => {});
}

async function main(): Promise<void> {
  const order = supervisorOrderSchema.parse(JSON.parse(process.argv[2] ?? ''));
  const parentIsGone = new AbortController();
  let owned: Owned | undefined;
  let ending: Promise<void> | undefined;

  const end = (exitCode: number) => {
    parentIsGone.abort();
    ending ??= work
      .catch(() => {})
      .then(() => (owned ? takeDown(owned, order.packages.docker) : undefined))
      .then(() => process.exit(exitCode));
    return ending;
  };
  const done = (n: number) => {
    if (!owned) return;
    const { folder, socket, dockerConfig, log } = owned.engine;
    tell({ kind: 'done', n, folder, socket, dockerConfig, log });
  };
  const failed = (n: number, error: unknown) => {
    const hint =
      error instanceof GantryError ? error.hint : 'This is a bug in the test engine: please report it.';
    tell({ kind: 'failed', n, message: error instanceof Error ? error.message : String(error), hint });
  };

  process.on('disconnect', () => void end(0));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end(0));

  let work: Promise<void> = bringUp(order, parentIsGone.signal, (made) => {
    owned = made;
  });
  work.then(
    () => done(0),
    async (error: unknown) => {
      const kept = join(dirname(order.lock), 'last-failure.log');
      if (owned) await copyFile(owned.engine.log, kept).catch(() => {});
      failed(0, error);
      await end(1);
    },
  );

  process.on('message', (message) => {
    const { n, want } = supervisorRequestSchema.parse(message);
    if (want === 'stop') return void end(0);
    work = work
      .then(async () => {
        if (want === 'start-daemon') await owned?.daemons.startDockerd(parentIsGone.signal);
        else await owned?.daemons.stopDockerd(want === 'kill-daemon' ? 'SIGKILL' : 'SIGTERM');
        done(n);
      })
      .catch((error: unknown) => failed(n, error));
  });
}

await main();
