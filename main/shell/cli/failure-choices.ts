import { afterFailureIn, choicesAfter, type FailureChoice } from '#shared/domain/after-failure.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import type { GantryClient } from '../gantry-client.ts';

/** What can be done after a run, as the ledger stands; nothing for one that ended well or is in no environment. */
export async function failureChoices(client: GantryClient, view: RunView): Promise<readonly FailureChoice[]> {
  if (view.environment === undefined || view.state === 'succeeded') return [];
  // A workspace whose gantry.yml is broken by now has no board; how the run ended is said all the same.
  const board = await client.board
    .get({ workspaceId: view.workspaceId, observe: false })
    .catch(() => undefined);
  const environment = board?.environments.find(({ name }) => name === view.environment);
  return environment === undefined ? [] : choicesAfter(view, afterFailureIn(environment));
}
