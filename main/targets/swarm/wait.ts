import type { Swarm, SwarmTask } from '#main/core/ports/swarm.ts';
import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { spanText } from '#shared/domain/duration.ts';
import { failed, succeeded } from '../step-end.ts';
import type { SwarmAction } from './actions.ts';
import { undoneOnCancel } from './cancel.ts';
import { currentTasks, isFailed, type Judgement, judge } from './judge.ts';

/** How long tasks that the swarm does not watch itself must run: those of a new service. */
const mostSettleMs = 2_000;
const lastLines = 20;

type Look = {
  readonly tasks: readonly SwarmTask[];
  readonly judged: Judgement;
};

/** What the tasks of the service that failed, or else those that run, wrote last. */
export async function* lastWordsOf(name: string, io: Io): AsyncGenerator<StepOutput> {
  const swarm = await io.engine.swarm();
  const service = await swarm.service(name, io.signal);
  if (service === undefined) return;
  const tasks = await swarm.tasks(service.id, io.signal);
  const failed = tasks.filter(isFailed).toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0));
  for (const task of [
    ...failed.slice(0, 1),
    ...currentTasks(tasks).filter(({ state }) => state === 'running'),
  ])
    yield* lastWords(task, swarm, io);
}

/** Looks until every task runs the release, until the swarm gave up or went back, or until the deadline. */
export async function* waitUntilConverged(action: SwarmAction, io: Io): AsyncGenerator<StepOutput> {
  const startedAt = io.clock.monotonic();
  const swarm = await io.engine.swarm();
  const settleMs = Math.min(mostSettleMs, action.settings.update.monitorMs);
  let failedBefore: ReadonlySet<string> | undefined;
  let runningSince: number | undefined;
  // The swarm soon forgets those that failed.
  const seen = new Map<string, SwarmTask>();
  for (let restMs = 0; ; ) {
    const next = await undoneOnCancel(action, io, async () => {
      if (restMs > 0) await io.clock.sleep(restMs, io.signal);
      return look(swarm, action, failedBefore, seen, io.signal);
    });
    if (next.kind === 'cancelled') return yield next.end;
    const { tasks, judged } = next.value;
    failedBefore ??= failedIn(tasks);
    const now = io.clock.monotonic();
    const elapsed = now - startedAt;
    runningSince = judged.kind === 'running' ? (runningSince ?? now) : undefined;
    if (judged.kind === 'failed') return yield* giveUp(judged, swarm, io);
    if (judged.kind === 'running' && (judged.isConfirmed || now - (runningSince ?? now) >= settleMs)) {
      return yield succeeded(`${action.service} converged after ${spanText(elapsed)}`);
    }
    const text = judged.kind === 'waiting' ? judged.text : 'every task runs';
    if (elapsed >= action.deadlineMs) return yield* tooLate(text, tasks, action, swarm, io);
    yield { kind: 'progress', text: `${text}, ${spanText(elapsed)}` };
    restMs = Math.max(1, Math.min(action.intervalMs, action.deadlineMs - elapsed));
  }
}

async function look(
  swarm: Swarm,
  action: SwarmAction,
  failedBefore: ReadonlySet<string> | undefined,
  seen: Map<string, SwarmTask>,
  signal: AbortSignal,
): Promise<Look> {
  const service = await swarm.service(action.service, signal);
  const now = service === undefined ? [] : await swarm.tasks(service.id, signal);
  for (const task of now.filter(isFailed)) seen.set(task.id, task);
  const tasks = [...now.filter((task) => !isFailed(task)), ...seen.values()];
  return { tasks, judged: judge(service, tasks, action, failedBefore ?? failedIn(tasks)) };
}

function failedIn(tasks: readonly SwarmTask[]): ReadonlySet<string> {
  return new Set(tasks.filter(isFailed).map(({ id }) => id));
}

async function* giveUp(
  { why, hint, culprit }: Extract<Judgement, { kind: 'failed' }>,
  swarm: Swarm,
  io: Io,
): AsyncGenerator<StepOutput> {
  if (culprit !== undefined) yield* lastWords(culprit, swarm, io);
  yield failed({ code: 'target-refused', message: sentence(why), hint }, why);
}

async function* tooLate(
  text: string,
  tasks: readonly SwarmTask[],
  { service, deadlineMs }: SwarmAction,
  swarm: Swarm,
  io: Io,
): AsyncGenerator<StepOutput> {
  const culprit = tasks.find(isFailed) ?? tasks.find(({ state }) => state === 'starting');
  if (culprit !== undefined) yield* lastWords(culprit, swarm, io);
  const why = `not converged within ${spanText(deadlineMs)}: ${text}`;
  const hint = `The swarm may still go on: look at \`docker service ps ${service}\`. A slow one needs a longer target.timeout.`;
  yield failed({ code: 'target-refused', message: sentence(why), hint }, why);
}

/** A task that never got as far as a container has written nothing. */
async function* lastWords(task: SwarmTask, swarm: Swarm, io: Io): AsyncGenerator<StepOutput> {
  const source = task.slot === undefined ? 'task' : `task ${task.slot}`;
  const code = task.exitCode === undefined || task.exitCode === 0 ? '' : ` (exit code ${task.exitCode})`;
  yield { kind: 'line', source, level: 'note', text: `${task.state}${code}: ${task.message}` };
  const lines = await swarm.taskLog(task.id, lastLines, io.signal).catch(() => []);
  io.signal.throwIfAborted();
  for (const text of lines) yield { kind: 'line', source, level: 'out', text };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
