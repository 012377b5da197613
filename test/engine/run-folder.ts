import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Pool } from './network.ts';
import { statFields } from './stat-fields.ts';

/** Everything one engine writes, in one folder that goes when the engine goes. */
export type RunFolder = {
  readonly id: string;
  readonly folder: string;
  readonly pool: Pool;
  readonly bridge: string;
  readonly socket: string;
  readonly containerdSocket: string;
  readonly dockerConfig: string;
  readonly log: string;
  /** The parent of the cgroups of its containers: how leftovers are told from another engine's processes. */
  readonly cgroup: string;
};

const recordSchema = z.object({
  pool: z.object({ second: z.number() }),
  owner: z.object({ pid: z.number(), startTime: z.string() }),
});

/** Linux refuses a socket path longer than 107 bytes; this is the longest one that the daemons make below the folder. */
const longestFolder = 107 - '/x/d/libnetwork/0123456789ab.sock'.length;

export function runsFolder(cache: string): string {
  const wished = join(cache, 'runs');
  return Buffer.byteLength(join(wished, '12345678')) <= longestFolder
    ? wished
    : join(tmpdir(), 'gantry-engines');
}

export function describeRunFolder(parent: string, id: string, pool: Pool): RunFolder {
  const folder = join(parent, id);
  return {
    id,
    folder,
    pool,
    bridge: `gantry${id}`,
    socket: join(folder, 'docker.sock'),
    containerdSocket: join(folder, 'x', 'containerd.sock'),
    dockerConfig: join(folder, 'config'),
    log: join(folder, 'engine.log'),
    cgroup: `gantry-${id}`,
  };
}

/**
 * The kernel's start time of a living process, which tells it from a later one under the same id. Fields 3 and 22 of
 * proc_pid_stat(5). A zombie is dead: in a container often nobody reaps it.
 */
export function startTime(pid: number): string | undefined {
  const fields = statFields(`${pid}`);
  return fields?.[0] === 'Z' || fields?.[0] === 'X' ? undefined : fields?.[19];
}

export async function createRunFolder(parent: string, pool: Pool): Promise<RunFolder> {
  const run = describeRunFolder(parent, randomBytes(4).toString('hex'), pool);
  await mkdir(join(run.folder, 'x'), { recursive: true, mode: 0o700 });
  const owner = { pid: process.pid, startTime: startTime(process.pid) ?? '' };
  await writeFile(join(run.folder, 'engine.json'), JSON.stringify({ pool, owner }));
  return run;
}

export type KnownRun = { readonly run: RunFolder; readonly isLiving: boolean };

async function readRun(parent: string, id: string): Promise<KnownRun | undefined> {
  const file = join(parent, id, 'engine.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const record = recordSchema.parse(JSON.parse(text));
  const isLiving = startTime(record.owner.pid) === record.owner.startTime;
  return { run: describeRunFolder(parent, id, record.pool), isLiving };
}

/** The engines whose folders are there, with whether the process that answers for each still lives. */
export async function knownRuns(parent: string): Promise<readonly KnownRun[]> {
  if (!existsSync(parent)) return [];
  const found: KnownRun[] = [];
  for (const id of await readdir(parent)) {
    const known = await readRun(parent, id);
    if (known) found.push(known);
    // A folder without its record: the process died while making it, before anything was started.
    else await rm(join(parent, id), { recursive: true, force: true });
  }
  return found;
}
