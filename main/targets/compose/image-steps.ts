import type { Io, StepOutput } from '#main/core/ports/target.ts';
import type { ErrorDetail } from '#shared/domain/errors.ts';
import { idsOf, imageHere } from '../image-here.ts';
import { failed, succeeded } from '../step-end.ts';
import type { ComposeUp, VerifyAction } from './actions.ts';
import type { DeployMemory } from './deploy-memory.ts';
import { foreignContainers } from './foreign-containers.ts';
import { isDone, projectContainers, releaseOf, serviceOf, toObserved } from './observe.ts';
import { envFilesOnDisk, prepare } from './prepare.ts';

/** Everything that can refuse a deploy while nothing has changed yet, so that nothing need be rolled back. */
export async function* findImage(
  action: ComposeUp,
  io: Io,
  memory: DeployMemory,
): AsyncGenerator<StepOutput> {
  memory.forget(action, io.folder);
  const found = await imageHere(action, io);
  if (found === undefined) return yield failed(imageGone(action));
  const refused = (await foreignContainers(action.project, io)) ?? (await unusable(action, io, memory));
  if (refused === undefined) yield* diskNotes(action, io, memory);
  yield refused === undefined ? succeeded(`${action.ref} is ${found}`) : failed(refused);
}

export function imageGone({ ref, imageId }: Pick<ComposeUp, 'ref' | 'imageId'>): ErrorDetail {
  return {
    code: 'image-gone',
    message: `The engine no longer has the image ${ref} (${imageId}).`,
    hint: 'Build the release again, or choose another one.',
  };
}

function* diskNotes(action: ComposeUp, io: Io, memory: DeployMemory): Generator<StepOutput> {
  const facts = memory.recall(action, io.folder)?.facts;
  const files = facts === undefined ? [] : envFilesOnDisk(action, io, facts);
  if (files.length === 0) return;
  const text = `env_file that is read as it is on the disk now, recorded by no release and restored by no rollback: ${files.join(', ')}`;
  yield { kind: 'line', source: 'compose', level: 'note', text };
}

async function unusable(action: ComposeUp, io: Io, memory: DeployMemory): Promise<ErrorDetail | undefined> {
  const found = await prepare(action, io, memory);
  return found.kind === 'refused' ? found.error : undefined;
}

/** What runs, against what was wished: by image id, never by a name. */
export async function* verifyImage(action: VerifyAction, io: Io): AsyncGenerator<StepOutput> {
  const containers = await projectContainers(io, action.project);
  yield { kind: 'observed', observed: toObserved(containers, io.clock.now()) };
  const ofReleases = containers.filter((container) => releaseOf(container) !== undefined);
  const ids = idsOf(action, io);
  const wrong = ofReleases.filter(
    (container) => !ids.has(container.imageId) || releaseOf(container) !== action.release,
  );
  if (wrong.length > 0) {
    const what = wrong.map((container) => `${serviceOf(container)} runs ${container.imageId}`).join('; ');
    return yield failed({
      code: 'target-refused',
      message: `${what}, not ${action.imageId} of ${action.release}.`,
      hint: 'Something else changed this project at the same time; deploy again.',
    });
  }
  const running = ofReleases.filter((container) => container.running || isDone(container));
  if (running.length === 0) {
    return yield failed({
      code: 'target-refused',
      message: `Nothing in ${action.project} runs the release.`,
      hint: 'See its containers with `docker ps -a`; something may have stopped them.',
    });
  }
  const services = [...new Set(running.map(serviceOf))].join(', ');
  const [seen = action.imageId] = running.map((container) => container.imageId);
  yield succeeded(`${services} verified as ${seen.replace('sha256:', '').slice(0, 12)}`);
}
