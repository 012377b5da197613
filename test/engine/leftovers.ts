import { readFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeBridges } from './network.ts';
import { isAlive, run } from './process.ts';
import { knownRuns, type RunFolder } from './run-folder.ts';

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** The daemons and shims name the folder on their command line; what runs in a container sits in the engine's cgroup. */
async function processesOf(engine: RunFolder): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => {
    if (pid === process.pid) return false;
    const isDaemon = readProc(pid, 'cmdline')
      .split('\0')
      .some((part) => part.includes(engine.folder));
    return isDaemon || readProc(pid, 'cgroup').includes(`/${engine.cgroup}/`);
  });
}

async function killProcesses(engine: RunFolder): Promise<void> {
  // More than once: a shim that dies late may have started something in between.
  for (let round = 0; round < 20; round += 1) {
    const pids = await processesOf(engine);
    if (pids.length === 0) return;
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await sleep(100);
  }
}

/** Deepest first, so that nothing is busy because of a mount inside it. */
async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
    .sort()
    .reverse();
  for (const point of mounts) await run('umount', ['-l', point]);
}

/** Empty cgroups stay behind when their processes were killed; find's -delete works from the leaves up. */
async function removeCgroups(engine: RunFolder): Promise<void> {
  await run('sh', [
    '-c',
    'find /sys/fs/cgroup -depth -type d -path "*/$1*" -exec rmdir {} + 2>/dev/null',
    'sh',
    engine.cgroup,
  ]);
}

/** Leaves nothing of an engine on the machine: no process, no mount, no bridge, no folder. Safe to call twice. */
export async function removeLeftovers(engine: RunFolder): Promise<void> {
  await killProcesses(engine);
  await unmountBelow(engine.folder);
  await removeBridges(engine.pool);
  await removeCgroups(engine);
  await rm(engine.folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Removes what engines left whose process was killed, and answers the engines that live. */
export async function removeDeadRuns(parent: string): Promise<readonly RunFolder[]> {
  const living: RunFolder[] = [];
  for (const { run: known, isLiving } of await knownRuns(parent)) {
    if (isLiving) living.push(known);
    else await removeLeftovers(known);
  }
  return living;
}
