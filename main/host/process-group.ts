import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { hasLivingMember } from './processes-linux.ts';

const lookEveryMs = 20;
/** After SIGKILL a process is gone as soon as the kernel lets go of it. */
const killWithinMs = 1_000;

/** SIGTERM to every process of a child's group, then SIGKILL to those left after `graceMs`. Resolves when none is left. */
export async function endGroup(pid: number, graceMs: number): Promise<void> {
  if (process.platform === 'win32') {
    // Never run. Windows has no groups: /T ends the children that taskkill can find.
    spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true });
    return;
  }
  if (!signalGroup(pid, 'SIGTERM')) return;
  if (await goneWithin(pid, graceMs)) return;
  signalGroup(pid, 'SIGKILL');
  await goneWithin(pid, killWithinMs);
}

async function goneWithin(pid: number, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isAlive(pid)) {
    if (performance.now() >= deadline) return false;
    await delay(lookEveryMs);
  }
  return true;
}

function isAlive(pid: number): boolean {
  return signalGroup(pid, 0) && (process.platform !== 'linux' || hasLivingMember(pid));
}

/** False when the group has no member left. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    // macOS answers EPERM for a group of zombies.
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) {
      return false;
    }
    throw error;
  }
}
