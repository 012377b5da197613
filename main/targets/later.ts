import type { Clock } from '#main/core/ports/system.ts';

/**
 * Aborts some time after another signal: a request that acts is better answered than cut off, because then it is known
 * what it did.
 */
export function laterThan(signal: AbortSignal, ms: number, clock: Clock): AbortSignal {
  const later = new AbortController();
  const soon = () => void clock.sleep(ms).then(() => later.abort(new Error('stopped before an answer came')));
  if (signal.aborted) soon();
  else signal.addEventListener('abort', soon, { once: true });
  return later.signal;
}
