import { readdirSync, readFileSync } from 'node:fs';
import type { Processes } from './processes.ts';

/** Fields of /proc/PID/stat after the command's name, which may hold spaces and brackets itself (man 5 proc). */
const field = { state: 0, group: 2, startTime: 19 };

export function linuxProcesses(): Processes {
  return {
    bootId: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    look(pid) {
      const stat = readStat(pid);
      return stat && { startTime: stat.startTime, leadsGroup: stat.group === pid, hasEnded: stat.hasEnded };
    },
  };
}

/** Whether a process of the group does anything still; in a container without an init the ended ones stay for ever. */
export function hasLivingMember(group: number): boolean {
  return readdirSync('/proc').some((name) => {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    return stat?.group === group && !stat.hasEnded;
  });
}

function readStat(pid: number) {
  const text = readIfThere(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[field.state];
  const startTime = fields[field.startTime];
  if (startTime === undefined) return undefined;
  return { startTime, group: Number(fields[field.group]), hasEnded: state === 'Z' || state === 'X' };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    // ESRCH: it ended between opening and reading.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) {
      return undefined;
    }
    throw error;
  }
}
