import type { BegunStep, Io, Settled, StepOutput } from '#main/core/ports/target.ts';
import { spanText } from '#shared/domain/duration.ts';
import type { ShiftAction } from './actions.ts';
import { type CloudRun, createCloudRun } from './api.ts';
import { watchCanary } from './canary.ts';
import { tellingOf, textOf } from './failures.ts';
import { findOurs, pinnedImage, requireOurs } from './image.ts';
import { said, untilSettled } from './settle.ts';
import { byRevision, latest, type Service, shortName, type TrafficTarget } from './shapes.ts';
import { signInTo } from './sign-in.ts';
import { cancelled, failed, moved, succeeded, unknown } from './step-end.ts';
import {
  askedShares,
  pinned,
  type Share,
  sameShares,
  sameTraffic,
  sharesOf,
  sharesText,
  tagsOf,
  withShare,
} from './traffic.ts';

/** How long traffic may take to go back once the run was told to stop. */
const backWithinMs = 8_000;

/** Gives the revision its part, and where it is a canary watches it; what goes wrong there gets its traffic back. */
export async function* shiftTraffic(action: ShiftAction, io: Io): AsyncGenerator<StepOutput> {
  io.signal.throwIfAborted();
  const run = createCloudRun(action.at, io, io.signal);
  const ours = await oursOf(action, run, io);
  let before: readonly Share[] = [];
  let hasAsked = false;
  // Who cannot sign in where it is to be watched finds that out before traffic moves.
  if (action.watch !== undefined && action.watch.checks.length > 0) {
    await signInTo(action.at, await run.service(), io);
  }
  try {
    const operation = await run.update(async (service) => {
      const now = askedShares(service);
      refuseStrangers(action, ours, now);
      before = othersWhole(now, ours);
      const traffic = trafficFor(action, ours, service);
      hasAsked = true;
      return sameTraffic(service.traffic, traffic) ? undefined : { traffic };
    });
    if (operation !== undefined) {
      yield { kind: 'handle', handle: operation.name };
      yield said(`${action.at.service} is asked for ${action.percent} % of traffic to ${ours}`);
    }
    const { done, service } = yield* untilSettled(run, operation?.name, io);
    const wished = withShare(askedShares(service), ours, action.percent);
    if (done?.error !== undefined || !sameShares(sharesOf(service), wished)) {
      const why =
        done?.error?.message ?? textOf(tellingOf(service.conditions)) ?? 'Cloud Run does not say why';
      return yield failed(
        `Traffic is ${sharesText(sharesOf(service))} after it was to be ${sharesText(wished)}: ${why}`,
        'Look at the service in Google Cloud, then plan again.',
      );
    }
    const lost = action.watch && (yield* watchCanary(action.watch, action, ours, service, run, io));
    if (lost !== undefined) return yield* failBack(action, ours, before, lost, io);
    yield succeeded(sentence(action, ours));
  } catch (error) {
    const goesBack = io.signal.aborted && hasAsked && action.percent < 100 && before.length > 0;
    if (!goesBack) throw error;
    yield await stopped(action, ours, before, io, error);
  }
}

function sentence({ percent, watch }: ShiftAction, ours: string): string {
  // Beside the step's title, which says that it is about traffic, in a narrow list.
  const what = `${percent} % to ${ours}`;
  if (watch === undefined) return what;
  const asked = watch.checks.length > 0 ? 'healthy' : 'ready, no health check asked it';
  return `${what}, ${asked} for ${spanText(watch.forMs)}`;
}

async function oursOf(action: ShiftAction, run: CloudRun, io: Io): Promise<string> {
  if (action.revision !== undefined) return action.revision;
  return requireOurs(run, await pinnedImage(action.image, io), action.container);
}

function refuseStrangers(action: ShiftAction, ours: string, now: readonly Share[]): void {
  if (action.serving.length === 0) return;
  const strangers = now.filter(({ revision }) => revision !== ours && !action.serving.includes(revision));
  if (strangers.length === 0) return;
  throw moved(
    `The traffic of ${action.at.service} was moved to ${sharesText(strangers)} since this was planned.`,
  );
}

/** What they have among themselves, as if ours were not there. */
function othersWhole(now: readonly Share[], ours: string): readonly Share[] {
  const [first, ...others] = now.filter(({ revision }) => revision !== ours);
  if (first === undefined) return [];
  const whole = first.percent + others.reduce((sum, { percent }) => sum + percent, 0);
  const scaled = others.map((share) => ({ ...share, percent: Math.floor((share.percent * 100) / whole) }));
  const rest = 100 - scaled.reduce((sum, { percent }) => sum + percent, 0);
  return [{ ...first, percent: rest }, ...scaled].filter(({ percent }) => percent > 0);
}

function trafficFor({ percent, tag }: ShiftAction, ours: string, service: Service): readonly TrafficTarget[] {
  const tags = tagsOf(service, tag);
  const tagged = { type: byRevision, revision: ours, percent: 0, tag };
  if (percent < 100) return [...pinned(withShare(askedShares(service), ours, percent)), ...tags, tagged];
  // The newest is left as others expect it: what they deploy next gets the traffic. An earlier one has to be pinned.
  const isNewest =
    shortName(service.latestReadyRevision) === ours && shortName(service.latestCreatedRevision) === ours;
  const all = isNewest ? [{ type: latest, percent: 100 }] : pinned([{ revision: ours, percent: 100 }]);
  return [...all, ...tags];
}

/** Its tag stays on it, so that it can still be looked at. */
async function putBack(
  { at, tag }: ShiftAction,
  ours: string,
  before: readonly Share[],
  io: Io,
  signal: AbortSignal,
): Promise<Service> {
  const run = createCloudRun(at, io, signal);
  const operation = await run.update(async (service) => ({
    traffic: [
      ...pinned(before),
      ...tagsOf(service, tag),
      { type: byRevision, revision: ours, percent: 0, tag },
    ],
  }));
  const settling = untilSettled(run, operation?.name, { ...io, signal });
  for (;;) {
    const next = await settling.next();
    if (next.done === true) return next.value.service;
  }
}

async function* failBack(
  action: ShiftAction,
  ours: string,
  before: readonly Share[],
  lost: string,
  io: Io,
): AsyncGenerator<StepOutput> {
  const hint = `Look at the logs of ${ours}; it stays at 0 %, and its tag ${action.tag} still leads to it.`;
  const what = `${ours} did not hold ${action.percent} % of traffic: ${lost}`;
  if (before.length === 0) return yield failed(what, hint);
  yield { kind: 'line', source: 'gantry', level: 'note', text: `${what}. Its traffic goes back.` };
  const service = await putBack(action, ours, before, io, io.signal);
  if (sameShares(sharesOf(service), before)) {
    return yield failed(`${what}; traffic is back: ${sharesText(before)}`, hint);
  }
  yield failed(
    `${what}; traffic could not be put back and is ${sharesText(sharesOf(service))}`,
    'Move it in Google Cloud, or roll back.',
  );
}

async function stopped(
  action: ShiftAction,
  ours: string,
  before: readonly Share[],
  io: Io,
  error: unknown,
): Promise<StepOutput> {
  const signal = AbortSignal.timeout(backWithinMs);
  const service = await putBack(action, ours, before, io, signal).catch(() => undefined);
  if (service === undefined) {
    return unknown(
      `Cancelled, but Cloud Run did not confirm that the traffic of ${action.at.service} is back`,
      'Look at the service in Google Cloud, then plan again or roll back.',
    );
  }
  if (!sameShares(sharesOf(service), before)) throw error;
  return cancelled(`Traffic is back: ${sharesText(before)}. ${ours} stays at 0 %`);
}

/** A run that stops for good between its steps leaves no canary behind, which nobody would watch any more. */
export async function* settleShift(action: ShiftAction, io: Io): AsyncGenerator<StepOutput, Settled> {
  const { service } = action.at;
  try {
    const run = createCloudRun(action.at, io, io.signal);
    const ours = await oursOf(action, run, io);
    const now = sharesOf(await run.service());
    const percent = now.find(({ revision }) => revision === ours)?.percent ?? 0;
    if (percent === 0) return { kind: 'before' };
    if (percent === 100) return { kind: 'release' };
    refuseStrangers(action, ours, now);
    const before = othersWhole(now, ours);
    const shares = sharesOf(await putBack(action, ours, before, io, io.signal));
    if (!sameShares(shares, before)) return left(service, `traffic is ${sharesText(shares)}`);
    const did = `traffic is back: ${sharesText(before)}. ${ours} stays at 0 %`;
    yield { kind: 'line', source: 'gantry', level: 'note', text: did };
    return { kind: 'before', did };
  } catch (error) {
    return left(service, error instanceof Error ? error.message : String(error));
  }
}

function left(service: string, why: string): Settled {
  const message = `A canary may still have a part of the traffic of ${service}: ${why.replace(/\.$/, '')}.`;
  const hint = 'The next deploy or rollback moves it; by hand: gcloud run services update-traffic.';
  return { kind: 'left', error: { code: 'target-unreachable', message, hint } };
}

/** Asks for nothing: a canary that nobody watched is not said to be healthy. */
export async function* resumeShift(
  action: ShiftAction,
  { handle }: BegunStep,
  io: Io,
): AsyncGenerator<StepOutput> {
  const run = createCloudRun(action.at, io, io.signal);
  const { service } = yield* untilSettled(run, handle, io);
  const image = await pinnedImage(action.image, io);
  const found = action.revision ?? (await findOurs(run, service, image, action.container))?.name;
  const ours = found === undefined ? undefined : shortName(found);
  const shares = sharesOf(service);
  const has = shares.find(({ revision }) => revision === ours)?.percent ?? 0;
  const stands = `Traffic is ${sharesText(shares)}`;
  if (has !== action.percent) return yield unknown(`${stands}: it was not moved by this step`, 'Plan again.');
  if (action.watch === undefined) return yield succeeded(stands);
  yield unknown(
    `${stands}, and nobody watched it to the end`,
    'Deploy again to go on, or roll back to take its traffic away.',
  );
}
