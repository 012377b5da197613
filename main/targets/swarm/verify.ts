import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { idsOf } from '../image-here.ts';
import { failed, succeeded } from '../step-end.ts';
import type { SwarmAction } from './actions.ts';
import { imageFor } from './find-image.ts';
import { currentTasks } from './judge.ts';
import { isOf, swarmLabels } from './labels.ts';
import { observeService } from './observe.ts';

/** What runs, against what was wished: by image id or digest, never by a name. */
export async function* verifyImage(action: SwarmAction, io: Io): AsyncGenerator<StepOutput> {
  const { repository } = action.remote ?? {};
  yield { kind: 'observed', observed: await observeService({ repository }, action.service, io) };
  const swarm = await io.engine.swarm();
  const service = await swarm.service(action.service, io.signal);
  if (service === undefined) return yield refused(`There is no service ${action.service}.`);
  const image = await imageFor(action, io);
  if (image.kind === 'gone') return yield failed(image.error);
  const tasks = currentTasks(await swarm.tasks(service.id, io.signal)).filter(
    ({ state }) => state === 'running',
  );
  const other = tasks.find((task) => task.image !== image.name || !isOf(task.labels, action));
  if (other !== undefined) {
    return yield refused(
      `A task of ${action.service} runs ${other.image}, not ${image.id} of ${action.release}.`,
    );
  }
  if (tasks.length === 0) return yield refused(`No task of ${action.service} runs.`);
  const wrong = action.remote === undefined ? await wrongContainer(service.id, action, io) : undefined;
  if (wrong !== undefined) return yield refused(wrong);
  const count = tasks.length === 1 ? '1 task' : `${tasks.length} tasks`;
  yield succeeded(
    `${count} of ${action.service} verified as ${image.id.replace('sha256:', '').slice(0, 12)}`,
  );
}

/** With one node every container is here, and the engine itself says what it runs. */
async function wrongContainer(serviceId: string, action: SwarmAction, io: Io): Promise<string | undefined> {
  const containers = await io.engine.containers({ [swarmLabels.serviceId]: serviceId }, io.signal);
  const ids = idsOf(action, io);
  const wrong = containers.find(
    ({ running, labels, imageId }) => running && isOf(labels, action) && !ids.has(imageId),
  );
  return wrong && `${wrong.name} runs ${wrong.imageId}, which is not ${action.release}.`;
}

function refused(message: string): StepOutput {
  const hint = 'Something else changed this service at the same time; deploy again.';
  return failed({ code: 'target-refused', message, hint });
}
