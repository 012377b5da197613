import { mayBeGivenUp } from '#shared/domain/after-failure.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { Actor } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';

/** Nothing in its environment changes by it. False where it was given up before. */
export function giveUp(
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
  run: RunSummary,
  by: Actor,
): boolean {
  if (run.givenUp !== undefined) return false;
  if (mayBeGivenUp(run)) return ledger.runs.giveUp(run.id, clock.now(), by);
  if (run.state === 'running') {
    throw new GantryError('usage', `Run ${run.id} still runs.`, `To stop it: gantry cancel ${run.id}`);
  }
  throw new GantryError(
    'usage',
    `Run ${run.id} ended ${run.state}, so there is nothing to give up.`,
    'Given up are deploys, promotions and rollbacks that did not end well: `gantry history` lists them.',
  );
}
