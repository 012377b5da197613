import type { BegunStep, Io, StepOutput } from '#main/core/ports/target.ts';
import type { CreateAction, ValidateAction } from './actions.ts';
import { type Change, type CloudRun, createCloudRun } from './api.ts';
import { hintFor, tellingOf, textOf } from './failures.ts';
import { findOurs, pinnedImage, requireContainer, withImage } from './image.ts';
import { healthOf, imageOf } from './revisions.ts';
import { said, untilSettled } from './settle.ts';
import {
  latest,
  type Operation,
  type Revision,
  type Service,
  shortName,
  type TrafficTarget,
} from './shapes.ts';
import { cancelled, failed, moved, succeeded, unknown } from './step-end.ts';
import { askedShares, pinned, sameTraffic, sharesOf, sharesText, tagsOf } from './traffic.ts';

/** How long Cloud Run is asked, once the run was told to stop, what has become of it. */
const confirmWithinMs = 5_000;

/** The same change as the next step's, which Cloud Run checks and does not carry out. */
export async function* validateChange(action: ValidateAction, io: Io): AsyncGenerator<StepOutput> {
  io.signal.throwIfAborted();
  const image = await pinnedImage(action.image, io);
  const run = createCloudRun(action.at, io, io.signal);
  await run.update(
    async (service) => ({ containers: withImage(service, action.container, image) }),
    'dry-run',
  );
  yield succeeded(`Cloud Run would take it for ${action.at.service}`);
}

/**
 * Makes the revision, with all traffic where it is and a tag on the new one. Does nothing where a try before has made it
 * already, and waits for that one.
 */
export async function* createRevision(action: CreateAction, io: Io): AsyncGenerator<StepOutput> {
  io.signal.throwIfAborted();
  const image = await pinnedImage(action.image, io);
  const run = createCloudRun(action.at, io, io.signal);
  let hasBegun = false;
  try {
    const operation = await run.update(async (service) => {
      const change = await changeFor(action, image, service, run);
      hasBegun = change !== undefined;
      return change;
    });
    if (operation !== undefined) {
      yield { kind: 'handle', handle: operation.name };
      yield said(`${action.at.service} is asked for a revision of ${image}`);
    }
    yield* conclude(action, image, run, io, operation?.name);
  } catch (error) {
    if (!io.signal.aborted || !hasBegun) throw error;
    yield await stopped(action, io, error);
  }
}

async function changeFor(
  action: CreateAction,
  image: string,
  service: Service,
  run: CloudRun,
): Promise<Change | undefined> {
  const strangers = askedShares(service).filter(({ revision }) => !action.serving.includes(revision));
  if (action.serving.length > 0 && strangers.length > 0) {
    throw moved(
      `The traffic of ${action.at.service} was moved to ${sharesText(strangers)} since this was planned.`,
    );
  }
  const newest = shortName(service.latestCreatedRevision);
  const isOurs = requireContainer(service, action.container).image === image;
  const isAsPlanned = action.newest === null || newest === action.newest;
  if (!isAsPlanned && !isOurs) {
    throw moved(`${newest} was made by somebody else since this was planned.`);
  }
  const traffic = frozenTraffic(service, action.tag);
  const traffics = sameTraffic(service.traffic, traffic) ? {} : { traffic };
  const containers = withImage(service, action.container, image);
  if (!isOurs) return { containers, traffic };
  // One that failed before this was planned gets another try; one that failed since then was ours.
  const had = isAsPlanned && newest !== '' ? await run.revision(newest) : undefined;
  if (had !== undefined && healthOf(had) === 'unhealthy') {
    return { containers, traffic, forceNewRevision: true };
  }
  return 'traffic' in traffics ? traffics : undefined;
}

/** All traffic where it is, by name, so that the next revision gets none; and the tag on whatever is the latest. */
function frozenTraffic(service: Service, tag: string): readonly TrafficTarget[] {
  const serving = sharesOf(service);
  const tags = tagsOf(service, tag);
  // Nothing serves yet: the first that is ready gets everything, as in any new service.
  if (serving.length === 0) return [{ type: latest, percent: 100, tag }, ...tags];
  return [...pinned(serving), ...tags, { type: latest, percent: 0, tag }];
}

async function* conclude(
  action: CreateAction,
  image: string,
  run: CloudRun,
  io: Io,
  operation: string | undefined,
): AsyncGenerator<StepOutput> {
  const { done, service } = yield* untilSettled(run, operation, io);
  const revision = await findOurs(run, service, image, action.container);
  if (revision === undefined) {
    const said = done?.error?.message ?? 'it made none';
    return yield failed(
      `Cloud Run made no revision of ${image}: ${said}`,
      hintFor(tellingOf(service.conditions), undefined),
    );
  }
  const name = shortName(revision.name);
  if (healthOf(revision) !== 'healthy') return yield notReady(action, name, revision, service, done);
  if (done?.error !== undefined) {
    return yield failed(`Cloud Run did not finish the change: ${done.error.message}`, 'Plan again.');
  }
  const share = sharesOf(service).find((one) => one.revision === name)?.percent ?? 0;
  yield succeeded(`${name} is ready, ${share} % of traffic`);
}

function notReady(
  { at }: CreateAction,
  name: string,
  revision: Revision,
  service: Service,
  done: Operation | undefined,
): StepOutput {
  const conditions = [
    ...revision.conditions,
    ...service.conditions,
    ...(service.terminalCondition === undefined ? [] : [service.terminalCondition]),
  ];
  const why = tellingOf(conditions);
  const said = textOf(why) ?? done?.error?.message ?? 'Cloud Run does not say why';
  const hint = hintFor(why, revision.logUri);
  const serves = sharesOf(service);
  const kept = serves.length === 0 ? '' : `. Traffic was not moved: ${sharesText(serves)}`;
  const message = `${name} of ${at.service} did not become ready: ${said.replace(/\.$/, '')}${kept}`;
  return failed(message, hint);
}

/** An update that was begun cannot be taken back; what a cancel is about is the traffic, and that Cloud Run confirms. */
async function stopped(action: CreateAction, io: Io, error: unknown): Promise<StepOutput> {
  const run = createCloudRun(action.at, io, AbortSignal.timeout(confirmWithinMs));
  const service = await run.service().catch(() => undefined);
  if (service === undefined) {
    return unknown(
      `Cancelled, but Cloud Run does not answer: it is not known whether the traffic of ${action.at.service} was moved`,
      'Look at the service in Google Cloud, then plan again.',
    );
  }
  const shares = sharesOf(service);
  const isUntouched = shares.every(({ revision }) => action.serving.includes(revision));
  if (!isUntouched) throw error;
  return cancelled(
    `Traffic was not moved: ${sharesText(shares)}. Cloud Run cannot take back the update itself: the new revision stays, or may still appear, at 0 %`,
  );
}

/** A process that died may have asked, with or without having heard of it. */
export async function* resumeCreate(
  action: CreateAction,
  { handle }: BegunStep,
  io: Io,
): AsyncGenerator<StepOutput> {
  const image = await pinnedImage(action.image, io);
  const run = createCloudRun(action.at, io, io.signal);
  const service = await run.service();
  const newest = shortName(service.latestCreatedRevision);
  if (handle === undefined && (newest === action.newest || !(await isOf(run, newest, image, action)))) {
    return yield unknown(
      `Cloud Run knows of no revision of this release: ${action.at.service} was not changed by it`,
      'Plan again.',
    );
  }
  yield* conclude(action, image, run, io, handle);
}

async function isOf(
  run: CloudRun,
  name: string,
  image: string,
  { container }: CreateAction,
): Promise<boolean> {
  const revision = name === '' ? undefined : await run.revision(name);
  return revision !== undefined && imageOf(revision, container) === image;
}
