import { spawnSync } from 'node:child_process';
import type { Processes } from './processes.ts';

/** Start times are printed in the reader's language and zone otherwise, and would differ between two readers. */
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/** macOS and the BSDs. `ps` was run on Linux only; `sysctl` was not run. */
export function psProcesses(): Processes {
  return {
    bootId() {
      // kern.boottime moves when the clock is set; macOS also has an id for each boot.
      for (const name of ['kern.bootsessionuuid', 'kern.boottime']) {
        const { status, stdout } = spawnSync('sysctl', ['-n', name], { env, encoding: 'utf8' });
        if (status === 0 && stdout.trim() !== '') return stdout.trim();
      }
      throw new Error('sysctl tells neither kern.bootsessionuuid nor kern.boottime');
    },
    look(pid) {
      const asked = spawnSync('ps', ['-o', 'stat=,pgid=,lstart=', '-p', String(pid)], {
        env,
        encoding: 'utf8',
      });
      if (asked.error !== undefined) throw asked.error;
      const [, state, group, startTime] = /^\s*(\S+)\s+(\d+)\s+(.+?)\s*$/.exec(asked.stdout) ?? [];
      if (state === undefined || startTime === undefined) return undefined;
      return { startTime, leadsGroup: group === String(pid), hasEnded: state.startsWith('Z') };
    },
  };
}
