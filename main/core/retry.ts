import { type PlannedStep, triesOf } from '#shared/domain/plan.ts';
import type { StepEnd } from './step-failure.ts';

/** How long to wait between two tries of a step. */
export type Backoff = {
  /** Before the second try; it doubles from then on. */
  readonly firstMs: number;
  /** From 0 up to but not 1: so that those who failed together do not come again together. */
  readonly random: () => number;
};

export const defaultBackoff: Backoff = { firstMs: 1_000, random: Math.random };

const longestMs = 30_000;

/**
 * Milliseconds until the next try, `undefined` where the end stands. An answer that was no stands, and so does what was
 * cancelled or outlived its time; so does a mistake of Gantry's own and a ledger that cannot be written.
 */
export function waitBeforeRetry(
  step: PlannedStep,
  end: StepEnd,
  attempt: number,
  { firstMs, random }: Backoff,
): number | undefined {
  if (end.outcome !== 'errored' || end.isTimeout === true || end.isUnverified === true) return undefined;
  const code = end.error?.code;
  if (code === 'internal' || code === 'environment-busy' || code?.startsWith('ledger-')) return undefined;
  if (attempt >= triesOf(step)) return undefined;
  const ms = Math.min(longestMs, firstMs * 2 ** (attempt - 1));
  return Math.round(ms / 2 + (random() * ms) / 2);
}
