import type { RunId } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { Ports } from '../context.ts';

const lookEveryMs = 100;

/** Resolves with the run as it ended, whichever process it is in. Rejects when the signal aborts. */
export async function untilEnded(
  ports: Pick<Ports, 'ledger' | 'clock'>,
  runId: RunId,
  signal: AbortSignal,
): Promise<RunSummary> {
  for (;;) {
    const run = ports.ledger.runs.get(runId);
    if (run === undefined) throw new Error(`run ${runId} is gone from the ledger`);
    if (run.state !== 'running') return run;
    await ports.clock.sleep(lookEveryMs, signal);
  }
}
