import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessTable } from '#main/core/ports.ts';
import type { ProcessIdentity } from '#shared/domain/processes.ts';
import type { Processes } from './processes.ts';
import { linuxProcesses } from './processes-linux.ts';
import { psProcesses } from './processes-ps.ts';
import { windowsProcesses } from './processes-windows.ts';

const lookEveryMs = 50;
/** After SIGKILL a process is gone as soon as the kernel lets go of it. */
const killWithinMs = 10_000;

function processesOf(platform: NodeJS.Platform): Processes {
  switch (platform) {
    case 'linux':
      return linuxProcesses();
    case 'win32':
      return windowsProcesses();
    default:
      return psProcesses();
  }
}

export function createProcessTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  const processes = processesOf(platform);
  let bootId: string | undefined;
  let own: ProcessIdentity | undefined;
  const boot = () => {
    bootId ??= processes.bootId();
    return bootId;
  };

  const identify = (pid: number): ProcessIdentity | undefined => {
    const seen = processes.look(pid);
    return seen && { bootId: boot(), pid, startTime: seen.startTime };
  };

  const lookAgain = (known: ProcessIdentity) => {
    if (known.bootId !== boot()) return undefined;
    const seen = processes.look(known.pid);
    return seen?.startTime === known.startTime && !seen.hasEnded ? seen : undefined;
  };

  function signal(known: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): void {
    const seen = lookAgain(known);
    if (seen === undefined) return;
    try {
      // Our own children lead their groups (createCommands), and what they started must end with them.
      process.kill(seen.leadsGroup ? -known.pid : known.pid, name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }

  async function goneWithin(known: ProcessIdentity, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms;
    while (lookAgain(known) !== undefined) {
      if (performance.now() >= deadline) return false;
      await delay(lookEveryMs);
    }
    return true;
  }

  return {
    self() {
      // Where a program has to be asked for it, each run would wait for that.
      own ??= identify(process.pid);
      if (own === undefined) throw new Error('this process is not in the process table');
      return own;
    },
    identify,
    isAlive: (known) => lookAgain(known) !== undefined,
    async end(known, graceMs) {
      signal(known, 'SIGTERM');
      if (await goneWithin(known, graceMs)) return;
      signal(known, 'SIGKILL');
      if (!(await goneWithin(known, killWithinMs))) {
        throw new Error(`process ${known.pid} is still there ${killWithinMs} ms after SIGKILL`);
      }
    },
  };
}
