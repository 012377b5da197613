/** How often, and how long apart, what failed is tried again. */
export type RetryPolicy = {
  /** In all, the first included. */
  readonly attempts: number;
  /** Before the second; doubled each time. */
  readonly baseMs: number;
  /** A registry that asks for more patience than this is not waited for. */
  readonly longestMs: number;
};

export const usualRetries: RetryPolicy = { attempts: 4, baseMs: 250, longestMs: 30_000 };

/** Answers that say nothing about the request itself. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

export function isPassing(status: number): boolean {
  return passing.has(status);
}

/**
 * Milliseconds until the next attempt; `undefined` when there shall be none. Half of the wait is chance, so that those
 * who failed together do not come back together. `random` is in [0, 1).
 */
export function waitBefore(
  attempt: number,
  retryAfterMs: number | undefined,
  policy: RetryPolicy,
  random: number,
): number | undefined {
  if (attempt >= policy.attempts) return undefined;
  if (retryAfterMs !== undefined && retryAfterMs > policy.longestMs) return undefined;
  const ceiling = Math.min(policy.baseMs * 2 ** (attempt - 1), policy.longestMs);
  const own = ceiling / 2 + (ceiling / 2) * random;
  return Math.max(own, retryAfterMs ?? 0);
}

/** Seconds or a date (RFC 9110 §10.2.3), in milliseconds from now. `undefined` for what is neither. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  if (!/[a-z]/i.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
