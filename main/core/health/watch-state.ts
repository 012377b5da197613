import { shortDigest } from '#shared/domain/availability-words.ts';
import {
  type HealthCheck,
  healthySoFar,
  nameOf,
  type Probe,
  saidBy,
  type Tally,
  tally,
} from '#shared/domain/health.ts';
import { asWhole, type Observed, type ObservedService } from '#shared/domain/observed.ts';
import { type Identity, servicesOfReleases } from '../identity.ts';
import { blindFor } from './ask.ts';

/** Docker restarts after 100, 200, 400 ms: three in one watch is no accident. */
const maxRestarts = 3;

/** One look at what is watched. */
export type WatchLook = {
  readonly at: number;
  readonly seen: Observed;
  /** How long the place took to say so. */
  readonly seenMs: number;
  /** In the order of the checks; `undefined` where nothing says where to ask. */
  readonly probes: readonly (Probe | undefined)[];
};

export type WatchWish = {
  readonly environment: string;
  readonly checks: readonly HealthCheck[];
  readonly identity: Identity;
  readonly envFingerprint: string;
  readonly failures: number;
};

export type WatchState = {
  readonly tallies: readonly Tally[];
  readonly place: Tally;
  /** Services that had ended by themselves when the watch began, such as a migration. */
  readonly ended?: ReadonlySet<string>;
  readonly since: ReadonlyMap<string, number>;
  readonly restarts: ReadonlyMap<string, number>;
  /** Names of those that were not asked in the last look, because their place told nothing. */
  readonly unasked: readonly string[];
  /** Why the last look at the place told nothing. */
  readonly unknown?: string;
  readonly lost?: { readonly why: string };
};

export function beginWatch({ checks }: Pick<WatchWish, 'checks'>): WatchState {
  return {
    tallies: checks.map(() => healthySoFar),
    place: healthySoFar,
    unasked: [],
    since: new Map(),
    restarts: new Map(),
  };
}

/** The state after one more look. A few bad answers are forgiven; as many in a row as the wish says, and drift, are not. */
export function watchOn(before: WatchState, look: WatchLook, wish: WatchWish): WatchState {
  const rules = { elapsedMs: 0, startPeriodMs: 0, successes: 1, failures: wish.failures };
  const isUnasked = wish.checks.map((check) => blindFor(check, look.seen) !== undefined);
  const tallies = before.tallies.map((last, index) =>
    isUnasked[index] === true ? last : tally(last, look.probes[index] ?? nowhere(look.at), rules),
  );
  const unasked = wish.checks.filter((_check, index) => isUnasked[index]).map(nameOf);
  const counted = countRestarts({ ...before, tallies, unasked }, look.seen, wish.identity);
  const place = judgePlace(look.seen, counted, wish);
  const { unknown: _, ...known } = counted;
  if (place.kind === 'unknown') return withLost({ ...known, unknown: place.why }, wish);
  if (place.kind === 'unasked') return withLost(known, wish);
  const probe = toProbe(place, look);
  const next = { ...known, place: tally(before.place, probe, rules) };
  return place.kind === 'drift' ? { ...next, lost: { why: place.why } } : withLost(next, wish);
}

/** For the chart; nothing where the place could not be asked. */
export function placeProbe(look: WatchLook, state: WatchState, wish: WatchWish): Probe | undefined {
  const place = judgePlace(look.seen, state, wish);
  return place.kind === 'unknown' || place.kind === 'unasked' ? undefined : toProbe(place, look);
}

/** What is not as it should be right now, although it is not lost yet. */
export function troubleIn({ tallies, place, unknown }: WatchState, wish: WatchWish): string | undefined {
  const found = tallies.findIndex(({ failuresInRow }) => failuresInRow > 0);
  const check = wish.checks[found];
  const often = (count = 0) => `(${count} of ${wish.failures})`;
  if (check !== undefined) {
    const { last, failuresInRow } = tallies[found] ?? {};
    return `${saidBy(check, last, wish.environment)} ${often(failuresInRow)}`;
  }
  if (place.failuresInRow > 0) return `${place.last?.text ?? 'unhealthy'} ${often(place.failuresInRow)}`;
  return unknown;
}

type Place =
  | { readonly kind: 'well' }
  | { readonly kind: 'unwell' | 'drift' | 'unknown'; readonly why: string }
  /** Nobody can be asked, by the nature of the place. */
  | { readonly kind: 'unasked' };

function judgePlace(seen: Observed, { ended, restarts }: WatchState, wish: WatchWish): Place {
  switch (seen.kind) {
    case 'unobservable':
      return { kind: 'unasked' };
    case 'unreachable':
      return { kind: 'unknown', why: seen.why };
    case 'empty':
      return { kind: 'unwell', why: `nothing runs in ${wish.environment} any more` };
    case 'running': {
      const ours = servicesOfReleases(seen, wish.identity);
      const drifted = ours.map((service) => driftOf(service, wish)).find((why) => why !== undefined);
      if (drifted !== undefined) return { kind: 'drift', why: drifted };
      const restless = [...restarts].find(([, count]) => count >= maxRestarts);
      if (restless !== undefined) return { kind: 'unwell', why: `${restless[0]} keeps restarting` };
      const up = ours.filter(({ name, health }) => health !== 'stopped' || ended?.has(name) !== true);
      if (up.length === 0) return { kind: 'unwell', why: `nothing runs the release in ${wish.environment}` };
      const ill = up.find(({ health }) => health !== 'healthy' && health !== 'unknown');
      if (ill !== undefined) return { kind: 'unwell', why: `${ill.name} is ${ill.health}` };
      const whole = asWhole(seen);
      return whole.kind === 'unreachable' ? { kind: 'unknown', why: whole.why } : { kind: 'well' };
    }
  }
}

/** What somebody else put there. */
function driftOf(
  { name, imageId, envLabel }: ObservedService,
  { identity, envFingerprint }: WatchWish,
): string | undefined {
  if (!identity.ids.has(imageId)) return `${name} runs another image, ${shortDigest(imageId)}`;
  if (envLabel !== undefined && envLabel !== envFingerprint) return `${name} runs with another env`;
  return undefined;
}

function countRestarts(state: WatchState, seen: Observed, identity: Identity): WatchState {
  if (seen.kind !== 'running') return state;
  const ours = servicesOfReleases(seen, identity);
  const since = new Map(state.since);
  const restarts = new Map(state.restarts);
  for (const service of ours) {
    if (service.since === undefined) continue;
    const before = since.get(service.name);
    if (before !== undefined && before !== service.since) {
      restarts.set(service.name, (restarts.get(service.name) ?? 0) + 1);
    }
    since.set(service.name, service.since);
  }
  const ended = state.ended ?? new Set(ours.filter(endedWell).map(({ name }) => name));
  return { ...state, since, restarts, ended };
}

function endedWell({ health, state }: ObservedService): boolean {
  return health === 'stopped' && /\(0\)/.test(state);
}

function withLost(state: WatchState, { checks, environment }: WatchWish): WatchState {
  const index = state.tallies.findIndex((one) => one.state === 'unhealthy');
  const check = checks[index];
  if (check !== undefined) {
    const { last, failuresInRow } = state.tallies[index] ?? healthySoFar;
    return { ...state, lost: { why: `${saidBy(check, last, environment)}${inRow(failuresInRow)}` } };
  }
  const { place } = state;
  if (place.state !== 'unhealthy') return state;
  return { ...state, lost: { why: `${place.last?.text ?? 'unhealthy'}${inRow(place.failuresInRow)}` } };
}

function inRow(count: number): string {
  return count === 1 ? '' : `, ${count} times in a row`;
}

function toProbe(place: Exclude<Place, { kind: 'unknown' | 'unasked' }>, { at, seenMs }: WatchLook): Probe {
  return { at, ok: place.kind === 'well', ms: seenMs, text: place.kind === 'well' ? 'healthy' : place.why };
}

function nowhere(at: number): Probe {
  return { at, ok: false, ms: 0, text: 'nothing says where to ask' };
}

/** The chart's name for what the place itself says. */
export const placeName = 'what runs';

export function namesOf({ checks }: Pick<WatchWish, 'checks'>): readonly string[] {
  return checks.map(nameOf);
}
