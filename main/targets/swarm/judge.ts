import type { SwarmService, SwarmTask } from '#main/core/ports/swarm.ts';
import type { SwarmAction } from './actions.ts';
import { areSame, gantryLabels, isOf } from './labels.ts';

/** What a look at a service says about whether it has become what was wished. */
export type Judgement =
  /** Every task runs. `isConfirmed`: the swarm itself has watched them for as long as it was told to. */
  | { readonly kind: 'running'; readonly isConfirmed: boolean }
  | { readonly kind: 'waiting'; readonly text: string }
  | { readonly kind: 'failed'; readonly why: string; readonly hint: string; readonly culprit?: SwarmTask };

/** A task that dies is started again after 5 s by default: three in one wait is no accident. */
const maxFailures = 3;

/** Those that should run, and until there are any those that still do. */
export function currentTasks(tasks: readonly SwarmTask[]): readonly SwarmTask[] {
  const wanted = tasks.filter(({ desiredState }) => desiredState === 'running' || desiredState === 'ready');
  return wanted.length > 0 ? wanted : tasks.filter(({ state }) => state === 'running');
}

export function isFailed({ state }: SwarmTask): boolean {
  return state === 'failed' || state === 'rejected';
}

/**
 * As many tasks as there should be run what the service is now. The swarm calls an update or a way back done as soon as a
 * task was placed that is to replace one that failed: seen with Docker 26.1, while it was `assigned`.
 */
export function isWhole(service: SwarmService, tasks: readonly SwarmTask[]): boolean {
  return runningOf(service, tasks).length >= wantedOf(service);
}

function runningOf({ taskLabels }: SwarmService, tasks: readonly SwarmTask[]): readonly SwarmTask[] {
  return tasks.filter(
    (task) => task.desiredState === 'running' && task.state === 'running' && areSame(task.labels, taskLabels),
  );
}

function wantedOf({ replicas = 1 }: SwarmService): number {
  return replicas;
}

/** @param failedBefore ids of tasks that had failed when this wait began */
export function judge(
  service: SwarmService | undefined,
  tasks: readonly SwarmTask[],
  action: Pick<SwarmAction, 'service' | 'release' | 'envFingerprint'>,
  failedBefore: ReadonlySet<string>,
): Judgement {
  if (service === undefined) {
    return {
      kind: 'failed',
      why: `there is no service ${action.service}`,
      hint: 'Somebody removed it; deploy again.',
    };
  }
  const failed = tasks.filter((task) => isFailed(task) && isOf(task.labels, action));
  const culprit = failed.toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0))[0];
  if (!isOf(service.taskLabels, action)) return goneBack(service, tasks, culprit);
  if (service.updateState === 'paused' || service.updateState === 'rollback_paused') {
    return failure(
      `the swarm stopped half-way: ${reasonOf(culprit, service)}`,
      culprit,
      'Some tasks run the release, others what ran before: deploy again, or roll back.',
    );
  }
  const isUpdating = service.updateState === 'updating' || service.updateState === 'rollback_started';
  if (!isUpdating && isWhole(service, tasks)) {
    return {
      kind: 'running',
      isConfirmed: service.updateState === 'completed' || service.updateState === 'rollback_completed',
    };
  }
  if (failed.filter(({ id }) => !failedBefore.has(id)).length >= maxFailures) {
    return failure(`${action.service} keeps failing: ${reasonOf(culprit, service)}`, culprit, lookAtLog);
  }
  return { kind: 'waiting', text: waitingText(service, tasks, action) };
}

const lookAtLog = 'The last lines of its log are above.';

/** The service is another deploy's again, or still. */
function goneBack(
  service: SwarmService,
  tasks: readonly SwarmTask[],
  culprit: SwarmTask | undefined,
): Judgement {
  const now = service.taskLabels[gantryLabels.release] ?? service.image;
  const goesBack = `a task failed, the swarm goes back to ${now}`;
  switch (service.updateState) {
    case 'rollback_started':
      return { kind: 'waiting', text: goesBack };
    case 'rollback_completed':
      if (!isWhole(service, tasks))
        return { kind: 'waiting', text: `${goesBack}, ${countOf(service, tasks)}` };
      return failure(
        `the swarm went back to ${now}: ${reasonOf(culprit, service)}`,
        culprit,
        `${lookAtLog} What ran before runs again.`,
      );
    case 'rollback_paused':
      return failure(
        `a task failed, and going back to ${now} failed too: ${reasonOf(culprit, service)}`,
        culprit,
        `Look at \`docker service ps ${service.name}\`, and roll back or deploy again.`,
      );
    default:
      return {
        kind: 'failed',
        why: `${service.name} is now of ${now}`,
        hint: 'Something else changed this service at the same time; deploy again.',
      };
  }
}

function failure(why: string, culprit: SwarmTask | undefined, hint: string): Judgement {
  return { kind: 'failed', why, hint, ...(culprit === undefined ? {} : { culprit }) };
}

function reasonOf(task: SwarmTask | undefined, service: SwarmService): string {
  if (task === undefined) return service.updateMessage ?? 'it did not say why';
  return task.message === '' ? `a task is ${task.state}` : task.message;
}

function waitingText(
  service: SwarmService,
  tasks: readonly SwarmTask[],
  action: Pick<SwarmAction, 'release' | 'envFingerprint'>,
): string {
  const next = tasks.find(
    (task) =>
      isOf(task.labels, action) &&
      (task.desiredState === 'running' || task.desiredState === 'ready') &&
      task.state !== 'running',
  );
  const counted = countOf(service, tasks);
  if (next === undefined) return counted;
  // `pending` says why no node takes it, once the scheduler has looked; other messages say no more than the state.
  const isExplained = next.state === 'pending' && !/^(pending task scheduling)?$/.test(next.message);
  return isExplained
    ? `${counted}, the next is pending: ${next.message}`
    : `${counted}, the next is ${next.state}`;
}

function countOf(service: SwarmService, tasks: readonly SwarmTask[]): string {
  return `${runningOf(service, tasks).length} of ${wantedOf(service)} running`;
}
