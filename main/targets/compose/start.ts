import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { imageHere } from '../image-here.ts';
import { failed, succeeded } from '../step-end.ts';
import type { ComposeUp } from './actions.ts';
import { composeUp, envNotes } from './compose-up.ts';
import type { DeployMemory } from './deploy-memory.ts';
import { imageGone } from './image-steps.ts';
import { projectContainers } from './observe.ts';
import { explainFailure, prepared } from './prepare.ts';
import { lastWords } from './wait.ts';

/** All of the project at once, as Compose does it. */
export async function* startServices(
  action: ComposeUp,
  io: Io,
  memory: DeployMemory,
): AsyncGenerator<StepOutput> {
  const found = await prepared(action, io, memory);
  if (found.kind === 'refused') return yield failed(found.error);
  // By id, so that the release's own tag is right even where somebody moved or removed it.
  const image = await imageHere(action, io);
  if (image === undefined) return yield failed(imageGone(action));
  await io.engine.tag(image, action.ref, io.signal);
  yield* envNotes(found.env);
  const result = yield* composeUp(action, found, ['--remove-orphans'], io);
  if (result.exitCode !== 0) {
    yield* lastWordsOfBroken(action, io);
    return yield failed(await explainFailure(io, result));
  }
  yield succeeded(`${found.releaseServices.join(', ')} started`);
}

/** Of what others waited for in vain. */
export async function* lastWordsOfBroken({ project }: ComposeUp, io: Io): AsyncGenerator<StepOutput> {
  for (const container of await projectContainers(io, project)) {
    const hasFailed = /^exited/i.test(container.state) && container.exitCode !== 0;
    if (hasFailed || container.health === 'unhealthy') yield* lastWords(container, io);
  }
}
