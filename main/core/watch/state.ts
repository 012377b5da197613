import type { Time } from '#shared/domain/ids.ts';
import type { WatchState } from '#shared/domain/watch.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { WatchMachine } from './machine.ts';

/** More names than a person reads. */
const mostNames = 20;

/** The loop as people see it. */
export function stateOf(
  machine: WatchMachine,
  environment: Environment | undefined,
  since: Time,
): Extract<WatchState, { kind: 'on' }> {
  const { changed, changedAt, runId, done, trouble, leftOut } = machine.round;
  const more = leftOut.length === 0 ? '' : `. ${leftOutText(leftOut)}`;
  return {
    kind: 'on',
    ...(environment === undefined ? {} : { environment: environment.name }),
    since,
    phase: phaseOf(machine),
    ...(runId === undefined ? {} : { runId }),
    changed: changed.slice(0, mostNames),
    ...(changed.length > mostNames ? { changedMore: changed.length - mostNames } : {}),
    ...(changedAt === undefined ? {} : { changedAt }),
    ...(done === undefined ? {} : { done: `${done}${more}` }),
    ...(trouble === undefined ? {} : { trouble: `${trouble}${more}` }),
  };
}

function phaseOf({ job, look, ready }: WatchMachine): Extract<WatchState, { kind: 'on' }>['phase'] {
  if (job.kind === 'deploy') return 'deploying';
  if (job.kind === 'build') return job.isStale ? 'settling' : 'building';
  if (ready !== undefined) return 'building';
  return look === 'no' ? 'waiting' : 'settling';
}

function leftOutText([first = '', ...others]: readonly string[]): string {
  const what = others.length === 0 ? `${first} changes` : `${first} and ${others.length} more change`;
  return `${what} whenever the tests run, and started no round; let git or .dockerignore ignore what tests write`;
}
