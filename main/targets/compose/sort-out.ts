import type { Container } from '#main/core/ports/engine.ts';
import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { idsOf } from '../image-here.ts';
import type { ComposeUp } from './actions.ts';
import { runCompose } from './command.ts';
import type { DeployMemory } from './deploy-memory.ts';
import { gantryLabels } from './labels.ts';
import { projectContainers, serviceOf } from './observe.ts';
import type { RollingService } from './rolling-model.ts';

/** The containers of one service, whoever left them there. */
export type Sorted = {
  readonly service: RollingService;
  /** Started as this deploy would start them, and running. */
  readonly fresh: readonly Container[];
  /** Any other that runs. */
  readonly old: readonly Container[];
  /** Not running; neither serves nor may count as one that is there. */
  readonly dead: readonly Container[];
};

/** By what stands on the containers themselves, so that it does not matter who died in the middle of what. */
export async function sortOut(
  up: ComposeUp,
  rolling: readonly RollingService[],
  io: Io,
): Promise<readonly Sorted[]> {
  const containers = await projectContainers(io, up.project);
  const ids = idsOf(up, io);
  return rolling.map((service) => {
    const all = containers.filter((container) => serviceOf(container) === service.name);
    const running = all.filter((container) => container.running);
    const isFresh = (container: Container) =>
      container.labels[gantryLabels.spec] === service.spec &&
      ids.has(container.imageId) &&
      !isDrained(container);
    const fresh = running.filter(isFresh);
    return {
      service,
      // More than are wanted are as good as old.
      fresh: fresh.slice(0, service.replicas),
      old: [...running.filter((container) => !isFresh(container)), ...fresh.slice(service.replicas)],
      dead: all.filter((container) => !container.running),
    };
  });
}

const drainedSuffix = '-drained';

/** It may look well and yet have been told to turn away whoever comes: nothing goes back to it. */
export function isDrained({ name }: Container): boolean {
  return name.endsWith(drainedSuffix);
}

/** Before it is drained, so that whoever comes after us knows it: of a container only the name can be changed. */
export async function markDrained(container: Container, io: Io): Promise<void> {
  if (isDrained(container)) return;
  const { exitCode, stderr } = await runCompose(io, [
    'docker',
    'rename',
    container.id,
    `${container.name}${drainedSuffix}`,
  ]);
  if (exitCode !== 0) {
    throw new GantryError(
      'engine-refused',
      `${container.name} could not be drained: ${stderr.trim()}`,
      'See what the engine says of it: docker ps -a.',
    );
  }
}

/** Of old ones those that a deploy left which did not come up, where others are well. */
export function leftoversOf({ old, fresh }: Sorted): readonly Container[] {
  const isWell = (container: Container) => container.health === 'healthy';
  if (![...old, ...fresh].some(isWell)) return [];
  return old.filter(({ health }) => health === 'starting' || health === 'unhealthy');
}

export function namesOf(containers: readonly Container[]): string {
  return containers.map(({ name }) => name).join(', ');
}

/** The old ones, each with its own stop signal and stop timeout, all at once; and what was dead beside them. */
export async function* stopOld(sorted: readonly Sorted[], io: Io): AsyncGenerator<StepOutput> {
  const old = sorted.flatMap((one) => one.old);
  if (old.length > 0) {
    yield { kind: 'progress', text: `stopping ${namesOf(old)}` };
    await runCompose(io, ['docker', 'stop', ...old.map(({ id }) => id)]);
  }
  await removeById([...old, ...sorted.flatMap(({ dead }) => dead)], io);
}

/** Those containers and nothing else: their volumes stay. */
export async function removeById(containers: readonly Container[], io: Io): Promise<void> {
  if (containers.length === 0) return;
  const ids = containers.map(({ id }) => id);
  const { exitCode, stderr } = await runCompose(io, ['docker', 'rm', '--force', ...ids]);
  // Somebody else may have removed one just now.
  if (exitCode !== 0 && !/No such container|already in progress/i.test(stderr))
    throw new GantryError('engine-refused', stderr.trim(), 'Remove them by hand: docker rm -f.');
}

const cleanUpMs = 8_000;

/**
 * After a failure or a cancel: what this deploy started goes, where an old one still serves. In time of its own, because
 * that of the step is over. Never throws: the failure before it is what matters. Answers what it did.
 */
export async function* removeStarted(
  up: ComposeUp,
  io: Io,
  memory: DeployMemory,
): AsyncGenerator<StepOutput, string | undefined> {
  const remembered = memory.recall(up, io.folder);
  if (remembered?.before === undefined) return undefined;
  const { before, facts } = remembered;
  const own: Io = { ...io, signal: AbortSignal.timeout(cleanUpMs) };
  const say = (level: 'note' | 'err', text: string): StepOutput => ({
    kind: 'line',
    source: 'gantry',
    level,
    text,
  });
  try {
    const sorted = await sortOut(up, facts.rolling, own);
    const started = sorted.flatMap(({ old, fresh, dead }) => {
      const isKept = old.some(({ id }) => before.has(id));
      return isKept ? [...old, ...fresh, ...dead].filter(({ id }) => !before.has(id)) : [];
    });
    if (started.length === 0) return undefined;
    await removeById(started, own);
    const did = `${namesOf(started)} removed; what ran before still serves`;
    yield say('note', did);
    return did;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    yield say('err', `What was started could not be removed: ${why}`);
    return undefined;
  }
}

/** A step of which nothing is left when it does not succeed; but where nobody could find out, it may yet be tried again. */
export async function* undoing(
  outputs: AsyncIterable<StepOutput>,
  up: ComposeUp,
  io: Io,
  memory: DeployMemory,
): AsyncGenerator<StepOutput> {
  let end: StepOutput | undefined;
  try {
    for await (const output of outputs) {
      if (output.kind !== 'end') yield output;
      else end = output;
    }
    // Told to stop while its last question was answered: no step after this one would take anything back.
    if (isSuccess(end)) io.signal.throwIfAborted();
  } catch (error) {
    if (mayPass(error) && !io.signal.aborted) throw error;
    const did = yield* removeStarted(up, io, memory);
    if (did === undefined || !io.signal.aborted) throw error;
    return yield { kind: 'end', outcome: 'cancelled', detail: did };
  }
  if (end !== undefined && !isSuccess(end)) yield* removeStarted(up, io, memory);
  if (end !== undefined) yield end;
}

function isSuccess(end: StepOutput | undefined): boolean {
  return end?.kind === 'end' && end.outcome === 'succeeded';
}

/** Of an engine that does not answer now nobody knows what it did. */
export function mayPass(error: unknown): boolean {
  return error instanceof GantryError && error.code === 'engine-unreachable';
}
