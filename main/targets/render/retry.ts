import type { HttpAnswer } from '#main/core/ports/system.ts';
import type { Io } from '#main/core/ports/target.ts';
import { spanText } from '#shared/domain/duration.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { unreachable } from './failures.ts';

/** How long whoever asks may be kept waiting. */
export type Patience = {
  /** After the first of several answers in a row that never came or were no answer. */
  readonly silenceMs: number;
  /** What Render may ask for at once by Retry-After. */
  readonly limitMs: number;
  /** Before the first question is repeated; longer each time. */
  readonly pauseMs: number;
};

export const patienceToLook: Patience = { silenceMs: 1_500, limitMs: 2_000, pauseMs: 300 };
export const patienceToFollow = (pollMs: number): Patience => ({
  silenceMs: 30 * pollMs,
  limitMs: Number.POSITIVE_INFINITY,
  pauseMs: pollMs,
});

const longestPauseMs = 30_000;

/** Codes of failures before anything was sent. */
const unsent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

export function wasNeverSent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && unsent.has(String(error.code));
}

/** Seconds, or a date (RFC 9110, 10.2.3); `undefined` where Render does not say. */
export function retryAfterMs(headers: HttpAnswer['headers'], now: number): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

type Asking = { readonly io: Pick<Io, 'clock' | 'signal'>; readonly patience: Patience };

/** A 429 was not carried out, whatever it answers. */
export async function obeying429(
  ask: () => Promise<HttpAnswer>,
  { io, patience }: Asking,
): Promise<HttpAnswer> {
  for (let pause = patience.pauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    io.signal.throwIfAborted();
    const answer = await ask();
    if (answer.status !== 429) return answer;
    const wished = retryAfterMs(answer.headers, io.clock.now()) ?? pause;
    if (wished > patience.limitMs) {
      throw new GantryError(
        'target-unreachable',
        `Render asks to wait ${spanText(wished)} (429).`,
        'Too many requests came from this account: try again after that time.',
      );
    }
    await io.clock.sleep(wished, io.signal);
  }
}

/** For questions, which may be asked again. Rejects with `target-unreachable` once patience is over. */
export async function askAgain(ask: () => Promise<HttpAnswer>, asking: Asking): Promise<HttpAnswer> {
  const { io, patience } = asking;
  let silentSince: number | undefined;
  for (let pause = patience.pauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const outcome = await obeying429(ask, asking).then(
      (answer) => (answer.status < 500 ? answer : `it says ${answer.status}`),
      (error: unknown) => {
        io.signal.throwIfAborted();
        if (error instanceof GantryError) throw error;
        return error instanceof Error ? error.message : String(error);
      },
    );
    if (typeof outcome !== 'string') return outcome;
    silentSince ??= io.clock.monotonic();
    if (io.clock.monotonic() + pause - silentSince > patience.silenceMs) throw unreachable(outcome);
    await io.clock.sleep(pause, io.signal);
  }
}
