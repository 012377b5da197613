import type { Board, BoardEnvironment } from '#shared/domain/board.ts';
import type { ReleaseId, Time } from '#shared/domain/ids.ts';
import {
  asWhole,
  type BlindPlace,
  blindPlaces,
  type Observed,
  type ObservedService,
} from '#shared/domain/observed.ts';
import { healthOrder } from '#shared/domain/places.ts';
import type { ReleaseSummary } from '#shared/domain/plan.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import type { LastSeen } from '../../stores/board-store.ts';

/** How an environment stands: what its head says and its Now row is about. The first that holds, most urgent first. */
export type Standing =
  | { readonly kind: 'running'; readonly run: RunSummary; readonly view: RunView | undefined }
  | { readonly kind: 'leased'; readonly lease: NonNullable<BoardEnvironment['lease']> }
  | { readonly kind: 'on-hold'; readonly hold: NonNullable<BoardEnvironment['hold']> }
  | {
      readonly kind: 'unreachable';
      readonly why: string;
      readonly at: Time;
      readonly factsFrom: Time | undefined;
    }
  | { readonly kind: 'unhealthy'; readonly service: ObservedService }
  /** The others of its places are not ill; what runs in these is not known. */
  | { readonly kind: 'partly-unreachable'; readonly places: readonly BlindPlace[] }
  | { readonly kind: 'failed-run'; readonly run: RunSummary }
  /** What runs here was asked for, and nobody can say whether it does. */
  | {
      readonly kind: 'unverified';
      readonly why: string | undefined;
      readonly state: NonNullable<BoardEnvironment['state']>;
    }
  | { readonly kind: 'problem'; readonly text: string }
  | { readonly kind: 'drift'; readonly drift: NonNullable<BoardEnvironment['drift']> }
  | { readonly kind: 'empty' }
  /** The targets were not asked yet; the ledger's facts are shown. */
  | { readonly kind: 'observing' }
  | { readonly kind: 'starting'; readonly service: ObservedService }
  | { readonly kind: 'unknown-health' }
  | { readonly kind: 'healthy' };

export type StandingFacts = {
  readonly environment: BoardEnvironment;
  /** The run in flight here, as the live stream has it; the board itself lags a moment behind. */
  readonly live: RunView | undefined;
  readonly lastSeen: LastSeen[string] | undefined;
  /** False while the board was answered from the ledger alone. */
  readonly isObserved: boolean;
};

export function standingOf({ environment, live, lastSeen, isObserved }: StandingFacts): Standing {
  const { lease, hold, observed, failedRun, drift, problem, currentRun } = environment;
  if (live !== undefined) return { kind: 'running', run: live, view: live };
  if (currentRun?.state === 'running') return { kind: 'running', run: currentRun, view: undefined };
  if (lease !== undefined) return { kind: 'leased', lease };
  if (hold !== undefined) return { kind: 'on-hold', hold };
  if (isObserved && observed.kind === 'unreachable') {
    return { kind: 'unreachable', why: observed.why, at: observed.at, factsFrom: lastSeen?.at };
  }
  const worst = worstService(seenNow(environment, lastSeen));
  if (worst?.health === 'unhealthy' || worst?.health === 'stopped')
    return { kind: 'unhealthy', service: worst };
  const places = blindPlaces(observed).filter((place) => place.kind === 'unreachable');
  if (isObserved && places.length > 0) return { kind: 'partly-unreachable', places };
  // Cancelled was somebody's wish; what it may have left behind shows as drift.
  const isTrouble =
    failedRun !== undefined && failedRun.state !== 'cancelled' && failedRun.state !== 'unverified';
  const isGivenUp = failedRun?.givenUp !== undefined;
  if (isTrouble && !isGivenUp) return { kind: 'failed-run', run: failedRun };
  if (problem !== undefined) return { kind: 'problem', text: problem };
  if (drift !== undefined) return { kind: 'drift', drift };
  // What it left is not known to be well only because nobody minds it any more.
  if (isTrouble) return { kind: 'failed-run', run: failedRun };
  if (environment.state === undefined) return { kind: 'empty' };
  const whole = asWhole(observed);
  if (whole.kind === 'unobservable' || (environment.state.isUnverified && worst === undefined)) {
    const why = whole.kind === 'unobservable' ? whole.why : undefined;
    if (isObserved) return { kind: 'unverified', why, state: environment.state };
  }
  if (worst === undefined) return isObserved ? { kind: 'unknown-health' } : { kind: 'observing' };
  if (worst.health === 'starting') return { kind: 'starting', service: worst };
  return worst.health === 'unknown' ? { kind: 'unknown-health' } : { kind: 'healthy' };
}

/** The run that works on an environment now. The same object until it changes, so that it can be selected. */
export function runningIn(
  environment: BoardEnvironment['name'],
  views: ReadonlyMap<RunSummary['id'], RunView>,
): RunView | undefined {
  for (const view of views.values()) {
    if (view.environment === environment && view.state === 'running') return view;
  }
  return undefined;
}

/** What the target says; while it does not answer, what it said last. */
export function seenNow(environment: BoardEnvironment, lastSeen: LastSeen[string] | undefined): Observed {
  return environment.observed.kind === 'unreachable'
    ? (lastSeen ?? environment.observed)
    : environment.observed;
}

/** The service that is worst off speaks for all; among equals the one that is so for the shortest time. */
export function worstService(observed: Observed): ObservedService | undefined {
  if (observed.kind !== 'running') return undefined;
  return observed.services.toSorted(
    (one, other) =>
      healthOrder.indexOf(other.health) - healthOrder.indexOf(one.health) ||
      (other.since ?? 0) - (one.since ?? 0),
  )[0];
}

/** The newest build, when the first environment does not run it. */
export function undeployedRelease(board: Board): ReleaseSummary | undefined {
  const { newestRelease, environments } = board;
  const isFirst = (id: ReleaseId) => environments[0]?.state?.release === id;
  return newestRelease === undefined || isFirst(newestRelease.id) ? undefined : newestRelease;
}
