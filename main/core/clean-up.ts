import type { Clock } from './ports.ts';

/** Far more than it takes: an engine that answers no more must keep neither the run open nor its lease. */
const withinMs = 30_000;

/** Removes what a run leaves behind; what is not gone in its time stays. Rejects where the work does, or is late. */
export async function cleaningUp(
  clock: Pick<Clock, 'sleep'>,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  const late = clock.sleep(withinMs, over.signal).then(() => {
    throw new Error(`it did not end within ${withinMs / 1000} s`);
  });
  try {
    await Promise.race([work(over.signal), late]);
  } finally {
    over.abort();
  }
}
