import type { Io, StepOutput } from '#main/core/ports/target.ts';
import type { VerifyAction } from './actions.ts';
import { createCloudRun } from './api.ts';
import { tellingOf, textOf } from './failures.ts';
import { pinnedImage } from './image.ts';
import { lookAt } from './observe.ts';
import { digestOf } from './revisions.ts';
import { untilSettled } from './settle.ts';
import { shortName } from './shapes.ts';
import { failed, succeeded } from './step-end.ts';
import { sharesOf, sharesText } from './traffic.ts';

/** What Cloud Run says that it does, against what was wished: all traffic, this digest, ready, and done with it. */
export async function* verifyLive(action: VerifyAction, io: Io): AsyncGenerator<StepOutput> {
  io.signal.throwIfAborted();
  const { at, container } = action;
  const image = await pinnedImage(action.image, io);
  const digest = digestOf(image);
  const run = createCloudRun(at, io, io.signal);
  const { service } = yield* untilSettled(run, undefined, io);
  const config = { ...at, ...(container === undefined ? {} : { container }) };
  const observed = await lookAt(run, service, config, io.clock.now());
  yield { kind: 'observed', observed };
  const services = observed.kind === 'running' ? observed.services : [];
  const [live, ...others] = services;
  const traffic = sharesText(sharesOf(service));
  if (live?.revision === undefined || others.length > 0 || live.imageId !== digest) {
    return yield failed(
      `The traffic of ${at.service} is ${traffic}, and not all of it goes to ${digest}`,
      'Somebody else deploys there as well: look at who, then plan again.',
    );
  }
  if (live.health !== 'healthy') {
    return yield failed(`${live.revision} is ${live.health}: ${live.state}`, 'Look at its logs.');
  }
  // Where an earlier revision serves, the newest may well have failed: that is often why one goes back.
  const isNewest = shortName(service.latestCreatedRevision) === live.revision;
  if (isNewest && service.terminalCondition?.state === 'CONDITION_FAILED') {
    const why = textOf(tellingOf([...service.conditions, service.terminalCondition]));
    return yield failed(
      `Cloud Run says that ${at.service} is not well: ${why ?? 'not why'}`,
      'Look at the service in Google Cloud.',
    );
  }
  yield succeeded(`${at.service} serves ${live.revision}, ${digest?.slice(0, 19)}, all traffic`);
}
