import type { Io, StepOutput } from '#main/core/ports/target.ts';
import type { ErrorDetail } from '#shared/domain/errors.ts';
import type { FindImageAction, VerifyAction } from './actions.ts';
import { gantryLabels } from './labels.ts';
import { projectContainers, releaseOf, serviceOf, toObserved } from './observe.ts';

/** Everything that can refuse a deploy without anything having changed. */
export async function* findImage(action: FindImageAction, io: Io): AsyncGenerator<StepOutput> {
  const image = await io.engine.image(action.imageId, io.signal);
  if (image?.identity.imageId !== action.imageId) {
    return yield failed({
      code: 'image-gone',
      message: `The engine no longer has the image ${action.ref} (${action.imageId}).`,
      hint: 'Build the release again, or choose one whose image is there: `gantry status` marks them.',
    });
  }
  const foreign = (await projectContainers(io, action.project)).filter(
    (container) => container.labels[gantryLabels.environment] === undefined,
  );
  if (foreign.length > 0) {
    const names = foreign.map((container) => container.name).join(', ');
    return yield failed({
      code: 'target-refused',
      message: `The compose project ${action.project} has containers that Gantry did not start: ${names}.`,
      hint: `Remove them with \`docker compose -p ${action.project} down\`, or set another target.project in gantry.yml.`,
    });
  }
  yield { kind: 'end', outcome: 'succeeded', detail: `${action.ref} is ${action.imageId}` };
}

/** What runs, against what was wished: by image id, never by a name. */
export async function* verifyImage(action: VerifyAction, io: Io): AsyncGenerator<StepOutput> {
  const containers = await projectContainers(io, action.project);
  yield { kind: 'observed', observed: toObserved(containers, io.clock.now()) };
  const ofReleases = containers.filter((container) => releaseOf(container) !== undefined);
  const wrong = ofReleases.filter(
    (container) => container.imageId !== action.imageId || releaseOf(container) !== action.release,
  );
  if (wrong.length > 0) {
    return yield failed({
      code: 'target-refused',
      message: `${wrong.map((container) => `${serviceOf(container)} runs ${container.imageId}`).join('; ')}, not ${action.imageId}.`,
      hint: 'Something else changed this project at the same time, or the tag was moved; deploy again.',
    });
  }
  const running = ofReleases.filter((container) => container.running);
  if (running.length === 0) {
    return yield failed({
      code: 'target-refused',
      message: `Nothing in ${action.project} runs the release.`,
      hint: 'See its containers with `docker ps -a`; something may have stopped them.',
    });
  }
  const names = [...new Set(running.map(serviceOf))].join(', ');
  yield { kind: 'end', outcome: 'succeeded', detail: `${names}: ${action.imageId}` };
}

function failed(error: ErrorDetail): StepOutput {
  return { kind: 'end', outcome: 'failed', detail: error.message, error };
}
