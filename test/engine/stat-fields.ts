import { readFileSync } from 'node:fs';

/**
 * Those of proc_pid_stat(5) from the third on, of a living process or of one of its threads (`1`, `1/task/1`). The name
 * before them may hold blanks and parentheses.
 */
export function statFields(process: string): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${process}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
