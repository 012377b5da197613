import { setTimeout as sleep } from 'node:timers/promises';
import type { GantryClient } from '../gantry-client.ts';
import type { CommandContext } from './command-context.ts';
import { plain } from './text/format.ts';
import { runName } from './text/run-text.ts';

const lookEveryMs = 300;

/** Waits until no run has the environment. One whose process died is closed on the way, as whenever runs are listed. */
export async function untilFree(
  { terminal }: Pick<CommandContext, 'terminal'>,
  client: GantryClient,
  workspaceId: string,
  environment: string,
): Promise<void> {
  for (let told: number | undefined; ; ) {
    const [run] = await client.runs.list({ workspaceId, environment, state: 'running', limit: 1 });
    if (run === undefined) return;
    if (run.id !== told) {
      const { name, shell } = run.by;
      terminal.err(
        `waiting for run ${run.id} (${runName(run)}, by ${plain(name)} in ${shell}); gantry cancel ${run.id} stops it\n`,
      );
      told = run.id;
    }
    await sleep(lookEveryMs);
  }
}
