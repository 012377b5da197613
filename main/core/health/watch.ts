import { spanText } from '#shared/domain/duration.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { Io, StepOutput } from '../ports.ts';
import type { WatchAction } from './action.ts';
import { type Asking, askAll } from './ask.ts';
import { createChart } from './chart.ts';
import { reachOf } from './reach.ts';
import {
  beginWatch,
  namesOf,
  placeName,
  placeProbe,
  troubleIn,
  type WatchLook,
  type WatchState,
  type WatchWish,
  watchOn,
} from './watch-state.ts';

export type Watched = {
  readonly wish: WatchWish;
  readonly io: Pick<Io, 'clock' | 'probe' | 'signal'>;
  readonly observe: () => Promise<Observed>;
  readonly signIn: Asking['signIn'];
  /** What the place has to say of a failure, before it is gone. */
  readonly lastWords: () => AsyncIterable<StepOutput>;
};

/**
 * Looks again and again until the time is over or health is lost. A person who cancels ends the watching and nothing
 * else: what they deployed has arrived and is healthy, and taking it away is a decision of its own.
 */
export async function* watch(action: WatchAction, watched: Watched): AsyncGenerator<StepOutput> {
  const { wish, io } = watched;
  const { forMs, intervalMs } = action;
  const chart = createChart(action);
  const startedAt = io.clock.monotonic();
  let state = beginWatch(wish);
  try {
    for (;;) {
      const look = await lookAt(watched);
      state = watchOn(state, look, wish);
      yield* drawn(chart, look, state, wish);
      const elapsed = io.clock.monotonic() - startedAt;
      if (state.lost !== undefined) {
        yield* chart.rest();
        yield { kind: 'observed', observed: look.seen };
        yield* lastWords(watched);
        return yield lost(state.lost.why, elapsed);
      }
      if (elapsed >= forMs) {
        yield* chart.rest();
        yield { kind: 'observed', observed: look.seen };
        return yield over(state, wish, elapsed);
      }
      yield { kind: 'progress', text: troubleIn(state, wish) ?? 'healthy' };
      await io.clock.sleep(Math.min(intervalMs, forMs - elapsed), io.signal);
    }
  } catch (error) {
    if (!io.signal.aborted || isTimeout(io.signal.reason)) throw error;
    yield* chart.rest();
    yield stopped(state, wish, io.clock.monotonic() - startedAt, forMs);
  }
}

/** Whether they can be had or not: health is lost all the same. */
async function* lastWords(watched: Watched): AsyncGenerator<StepOutput> {
  try {
    yield* watched.lastWords();
  } catch (error) {
    watched.io.signal.throwIfAborted();
    if (!(error instanceof GantryError)) throw error;
    yield { kind: 'line', source: 'gantry', level: 'note', text: `No last lines: ${error.message}` };
  }
}

async function lookAt({ wish, io, observe, signIn }: Watched): Promise<WatchLook> {
  const at = io.clock.now();
  const began = performance.now();
  const seen = await observe();
  const seenMs = Math.round(performance.now() - began);
  // Where it serves now: a container that came up anew may publish another port.
  const probes = await askAll(wish.checks, seen, (one) => reachOf(one, wish.identity), { io, signIn });
  io.signal.throwIfAborted();
  return { at, seen, seenMs, probes };
}

function* drawn(
  chart: ReturnType<typeof createChart>,
  look: WatchLook,
  state: WatchState,
  wish: WatchWish,
): Generator<StepOutput> {
  const names = namesOf(wish);
  for (const [index, probe] of look.probes.entries()) {
    if (probe !== undefined) yield* chart.add(names[index] ?? '', probe);
  }
  const place = placeProbe(look, state, wish);
  if (place !== undefined) yield* chart.add(placeName, place);
}

function lost(why: string, elapsed: number): StepOutput {
  const detail = `health was lost after ${spanText(elapsed)}: ${why}`;
  return {
    kind: 'end',
    outcome: 'failed',
    detail,
    error: {
      code: 'target-refused',
      message: `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`,
      hint: 'The chart shows when it began; what the release said last is in the log.',
    },
  };
}

function over(state: WatchState, wish: WatchWish, elapsed: number): StepOutput {
  const { unknown, unasked } = state;
  if (unknown !== undefined && (wish.checks.length === 0 || unasked.length > 0)) {
    const detail = `what ${wish.environment} runs could not be observed at the end of the watch: ${unknown}`;
    return {
      kind: 'end',
      outcome: 'errored',
      detail,
      error: {
        code: 'target-unreachable',
        message: `${wish.environment} could not be observed at the end of the watch: ${unknown}`,
        hint: 'The release had arrived and stays. Look at the board when the place answers again.',
      },
    };
  }
  const blind = unknown === undefined ? '' : '; what runs could not be observed at the end';
  const left = unasked.length === 0 ? '' : `; ${unasked.join(', ')} could not be asked`;
  return {
    kind: 'end',
    outcome: 'succeeded',
    detail: `healthy for ${spanText(elapsed)}, ${answers(state)}${blind}${left}`,
  };
}

function stopped(state: WatchState, wish: WatchWish, elapsed: number, forMs: number): StepOutput {
  const trouble = troubleIn(state, wish);
  const left = trouble === undefined ? '' : `; at the end ${trouble}`;
  return {
    kind: 'end',
    outcome: 'succeeded',
    detail: `watching stopped by hand after ${spanText(elapsed)} of ${spanText(forMs)}, ${answers(state)}${left}`,
  };
}

function answers({ tallies, place }: WatchState): string {
  const all = [...tallies, place];
  const total = all.reduce((sum, one) => sum + one.total, 0);
  const failed = all.reduce((sum, one) => sum + one.failed, 0);
  return failed === 0 ? `all of ${total} answers good` : `${failed} of ${total} answers bad`;
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}
