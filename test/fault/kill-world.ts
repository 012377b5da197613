import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { type Board, boardSchema } from '#shared/domain/board.ts';
import { type Release, releaseSchema } from '#shared/domain/release.ts';
import { type RunSummary, runSummarySchema } from '#shared/domain/run.ts';
import { cacheFolder } from '#test/engine/machine.ts';
import { run } from '#test/engine/process.ts';
import type { GantryWorld } from '#test/gantry-process.ts';
import { untilEnded } from '#test/gantry-process.ts';
import type { Moment, StalledLedger } from './stalled-ledger.ts';

/** What a Gantry says that starts after the kill. */
export type Found = {
  readonly board: Board;
  readonly history: readonly RunSummary[];
  readonly releases: readonly Release[];
};

/** What docker says an environment runs. */
export type Live = {
  readonly imageId: string;
  readonly envSnapshot: string;
  readonly release: string;
  readonly health: string;
};

const foundSchema = z.object({
  board: boardSchema,
  history: z.array(runSummarySchema),
  releases: z.array(releaseSchema),
});
const recovering = fileURLToPath(new URL('./recovering-gantry.ts', import.meta.url));

export function recoverArgv({ workspace }: GantryWorld): readonly string[] {
  return [recovering, workspace.home, workspace.folder];
}

/** @param stay until nothing is followed any more */
export async function recover(world: GantryWorld, stay = false): Promise<Found> {
  const argv = [...recoverArgv(world), ...(stay ? ['stay'] : [])];
  // From its sources it takes three times as long to load as to run: Node keeps what it made of them.
  const env = { ...world.env, NODE_COMPILE_CACHE: join(cacheFolder(), 'compiled') };
  const ended = await run(process.execPath, argv, { env });
  if (ended.code !== 0)
    throw new Error(`recovering ended with ${ended.code}\n${ended.stdout}${ended.stderr}`);
  return foundSchema.parse(JSON.parse(ended.stdout));
}

export async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await untilEnded(child);
}

/** Starts `gantry …`, lets it come to the moment and kills it there. */
export async function killAt(
  ledger: StalledLedger,
  moment: Moment | 'release',
  start: () => ChildProcess,
): Promise<void> {
  ledger.stallAt(moment);
  const child = start();
  child.stdout?.resume();
  child.stderr?.resume();
  try {
    await Promise.race([ledger.untilStalled(child.pid ?? 0), endedEarly(child)]);
  } finally {
    await kill(child);
    ledger.release();
  }
}

async function endedEarly(child: ChildProcess): Promise<never> {
  const code = await untilEnded(child);
  throw new Error(`it ended with ${code} before it came there`);
}

/** Until the look answers something; what it is waiting for is named when it never does. */
export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 40_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(5);
  }
}

export async function liveIn(world: GantryWorld, environment: string): Promise<readonly Live[]> {
  const label = `label=com.docker.compose.project=${world.workspace.name}-${environment}`;
  const ids = (await world.docker('ps', '--all', '--quiet', '--filter', label)).split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  const format = [
    '{{.Image}}',
    '{{index .Config.Labels "dev.gantry.env"}}',
    '{{index .Config.Labels "dev.gantry.release"}}',
    '{{if .State.Running}}{{.State.Health.Status}}{{else}}stopped{{end}}',
  ].join(' ');
  const lines = (await world.docker('inspect', '--format', format, ...ids)).split('\n');
  return lines.map((line) => {
    const [imageId = '', envSnapshot = '', release = '', health = ''] = line.split(' ');
    return { imageId, envSnapshot, release, health };
  });
}

/** Names of this world that only a run needs, and processes that work on it still. */
export async function strayThings(world: GantryWorld): Promise<readonly string[]> {
  const [images, containers] = await Promise.all([
    world.docker('images', '--format', '{{.Repository}}:{{.Tag}}', world.workspace.name),
    world.docker(
      'ps',
      '--all',
      '--format',
      '{{.Names}} {{.Labels}}',
      '--filter',
      'label=dev.gantry.run',
      '--filter',
      `label=dev.gantry.workspace=${world.workspace.name}`,
    ),
  ]);
  return [
    ...images.split('\n').filter((name) => name.includes(':gantry-run-')),
    ...containers.split('\n').filter(Boolean),
    ...processesOf(world).map((text) => `process ${text}`),
  ];
}

/** Processes on the host that were started in the workspace's folder or name it. */
export function processesOf({ workspace }: Pick<GantryWorld, 'workspace'>): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => `${pid} ${commandOf(pid)} ${environmentOf(pid)}`)
    .filter((text) => text.includes(workspace.folder) || text.includes(workspace.name))
    .map((text) => text.slice(0, 120));
}

export function commandOf(pid: string | number): string {
  return readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

/** The one variable by which a test's own child is known. */
function environmentOf(pid: string): string {
  return (
    readIfThere(`/proc/${pid}/environ`)
      .split('\0')
      .find((line) => line.startsWith('GANTRY_IMAGE=')) ?? ''
  );
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended meanwhile.
    return '';
  }
}
