import type { IncomingMessage } from 'node:http';
import { GantryError } from '#shared/domain/errors.ts';
import { pause } from './aborts.ts';
import {
  connectionTrouble,
  isPassingTrouble,
  readRefusal,
  refusalOf,
  refused,
  unreachable,
} from './failures.ts';
import { isPassing, type RetryPolicy, readRetryAfter, waitBefore } from './retry.ts';
import { BrokenSource, readWhole, TooLarge } from './wire.ts';

export type AttemptsOptions = {
  readonly host: string;
  readonly retries: RetryPolicy;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
};

/** Asks until there is an answer that says something of the request, and reads it. */
export type Attempts = <T>(
  request: { readonly what: string; readonly signal: AbortSignal; readonly once?: true },
  ask: () => Promise<IncomingMessage>,
  read: (answer: IncomingMessage) => Promise<T>,
) => Promise<T>;

/** The cause of an error that may be none a little later. */
export class PassingAnswer extends Error {
  override readonly name = 'PassingAnswer';
  readonly retryAfterMs: number | undefined;
  constructor(status: number, retryAfterMs: number | undefined) {
    super(`status ${status}`);
    this.retryAfterMs = retryAfterMs;
  }
}

type Attempt<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'passing'; readonly error: unknown; readonly retryAfterMs: number | undefined };

export function createAttempts({ host, retries, now, random }: AttemptsOptions): Attempts {
  async function attempt<T>(
    what: string,
    ask: () => Promise<IncomingMessage>,
    read: (answer: IncomingMessage) => Promise<T>,
  ): Promise<Attempt<T>> {
    try {
      const answer = await ask();
      const status = answer.statusCode ?? 0;
      if (!isPassing(status)) return { kind: 'read', value: await read(answer) };
      const retryAfterMs = readRetryAfter(answer.headers['retry-after'], now());
      const refusal = readRefusal(await readSome(answer));
      const error = refusalOf(host, what, status, refusal, new PassingAnswer(status, retryAfterMs));
      return { kind: 'passing', error, retryAfterMs };
    } catch (error) {
      const told = ofConnection(host, what, error);
      return isPassingTrouble(error)
        ? { kind: 'passing', error: told, retryAfterMs: undefined }
        : { kind: 'failed', error: told };
    }
  }

  return async ({ what, signal, once }, ask, read) => {
    for (let count = 1; ; count += 1) {
      const end = await attempt(what, ask, read);
      if (end.kind === 'read') return end.value;
      signal.throwIfAborted();
      const isLast = once || end.kind === 'failed';
      const wait = isLast ? undefined : waitBefore(count, end.retryAfterMs, retries, random());
      if (wait === undefined) throw end.error;
      await pause(wait, signal);
    }
  };
}

/** The port's error for what a connection threw; anything else is a bug, and stays what it is. */
function ofConnection(host: string, what: string, error: unknown): unknown {
  if (error instanceof GantryError || error instanceof BrokenSource) return error;
  if (error instanceof TooLarge) {
    const message = `The registry ${host} answered to ${what} with too much: ${error.message}.`;
    return refused(message, 'It may be no registry: see what answers there.');
  }
  const isOfConnection = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isOfConnection ? unreachable(host, connectionTrouble(error), error) : error;
}

const errorLimit = 64 * 1024;

/** As much of an error's body as anybody wants to read; what cannot be read is as good as none. */
export async function readSome(answer: IncomingMessage): Promise<Buffer> {
  try {
    return await readWhole(answer, errorLimit);
  } catch {
    return Buffer.alloc(0);
  }
}
