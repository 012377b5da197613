import type { Swarm, SwarmService, SwarmServiceWish } from '#main/core/ports/swarm.ts';
import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { failed } from '../step-end.ts';
import type { SwarmAction } from './actions.ts';
import { undoneOnCancel } from './cancel.ts';
import { imageFor, notOurs } from './find-image.ts';
import { isOf, serviceLabels, taskLabels } from './labels.ts';
import { hasSettings } from './settings.ts';
import { onItsVersion } from './versions.ts';
import { waitUntilConverged } from './wait.ts';

/**
 * Asks for the service as it should be, and waits: the swarm replaces its tasks by itself. One step, so that there is no
 * moment in which a cancelled run leaves an update behind.
 */
export async function* updateService(action: SwarmAction, io: Io): AsyncGenerator<StepOutput> {
  const image = await imageFor(action, io);
  if (image.kind === 'gone') return yield failed(image.error);
  const swarm = await io.engine.swarm();
  const before = await swarm.service(action.service, io.signal);
  const foreign = notOurs(before, action);
  if (foreign !== undefined) return yield failed(foreign);
  if (before !== undefined && isAsWished(before, action, image.name)) {
    yield note(`${action.service} is so already`);
    return yield* waitUntilConverged(action, io);
  }
  const wish: SwarmServiceWish = {
    ...action.settings,
    name: action.service,
    labels: serviceLabels(action),
    taskLabels: taskLabels(action),
    image: image.name,
    isPulled: action.remote !== undefined,
    env: await io.env(),
  };
  const at = await undoneOnCancel(action, io, () => change(swarm, before, wish, io.signal));
  if (at.kind === 'cancelled') return yield at.end;
  yield { kind: 'handle', handle: `${action.service} version ${at.value.version}` };
  yield* waitUntilConverged(action, io);
}

function note(text: string): StepOutput {
  return { kind: 'line', source: 'swarm', level: 'note', text };
}

function change(swarm: Swarm, before: SwarmService | undefined, wish: SwarmServiceWish, signal: AbortSignal) {
  return before === undefined
    ? swarm.create(wish, signal)
    : onItsVersion(swarm, before, signal, (at) => swarm.update(at, wish, signal));
}

/** A paused update goes on when the same is asked for again. */
export function isAsWished(service: SwarmService, action: SwarmAction, image: string): boolean {
  const isPaused = service.updateState === 'paused' || service.updateState === 'rollback_paused';
  return (
    !isPaused &&
    service.image === image &&
    isOf(service.taskLabels, action) &&
    hasSettings(service, action.settings)
  );
}
