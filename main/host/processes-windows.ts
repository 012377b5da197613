import { spawnSync } from 'node:child_process';
import type { Processes } from './processes.ts';

/** Never run: written from the documentation of Get-Process and Win32_OperatingSystem. A call takes some 300 ms. */
export function windowsProcesses(): Processes {
  return {
    bootId() {
      const boot = ask('(Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToFileTimeUtc()');
      if (boot === '') throw new Error('PowerShell does not tell when Windows was started');
      return boot;
    },
    look(pid) {
      if (!Number.isSafeInteger(pid)) return undefined;
      const startTime = ask(
        `(Get-Process -Id ${pid} -ErrorAction SilentlyContinue).StartTime.ToFileTimeUtc()`,
      );
      // Windows has no process groups; ending one ends that process alone.
      return startTime === '' ? undefined : { startTime, leadsGroup: false, hasEnded: false };
    },
  };
}

function ask(expression: string): string {
  const argv = ['-NoProfile', '-NonInteractive', '-Command', expression];
  const { error, stdout } = spawnSync('powershell.exe', argv, { encoding: 'utf8', windowsHide: true });
  if (error !== undefined) throw error;
  return stdout.trim();
}
