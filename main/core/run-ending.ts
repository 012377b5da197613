import { GantryError } from '#shared/domain/errors.ts';
import type { RunEventOf } from '#shared/domain/run-events.ts';
import { cleaningUp } from './clean-up.ts';
import type { Ports } from './context.ts';
import type { RunRecorder } from './run-recorder.ts';
import type { RunScript } from './run-script.ts';

export type RunEnded = Omit<RunEventOf<'run-ended'>, 'kind'>;

type Writing = { readonly ports: Pick<Ports, 'clock' | 'ledger'>; readonly recorder: RunRecorder };

const attemptEveryMs = 1_000;

/** Cleans up, and writes how the run ended. Rejects where this process may write nothing more. */
export async function endRun(
  { ports, recorder }: Writing,
  { steps, cleanUp }: Pick<RunScript, 'steps' | 'cleanUp'>,
  ended: RunEnded,
): Promise<void> {
  if (cleanUp !== undefined) {
    // What takes time from here on must not keep anybody from knowing how the steps ended.
    await whenWritable(ports, () => recorder.flush());
    await cleaningUp(ports.clock, cleanUp).catch((error: unknown) => {
      const text = `Cleaning up failed: ${error instanceof Error ? error.message : String(error)}`;
      try {
        recorder.line({ step: steps.at(-1)?.planned.id ?? '', source: 'gantry', level: 'err', text });
      } catch {
        // It is kept, and written with the end.
      }
    });
  }
  await whenWritable(ports, () => recorder.append({ kind: 'run-ended', ...ended }));
}

/**
 * How a run ended whose steps threw, which only a ledger that cannot be written makes them do. Rejects where this process
 * may write nothing more.
 */
export async function endOfUnwritten(
  { ports, recorder }: Writing,
  { runId }: Pick<RunScript, 'runId'>,
  error: unknown,
): Promise<RunEnded> {
  if (!mayPass(error)) throw error;
  const { leases } = ports.ledger;
  const isOurs = await whenWritable(ports, () =>
    leases.heartbeat(runId, recorder.token(), ports.clock.now()),
  );
  // Whoever has it now may use what would be cleaned up.
  if (!isOurs) throw new Error(`the lease of run ${runId} was lost`);
  const why = error instanceof Error ? error.message : String(error);
  const summary = `The ledger could not be written, so the run stopped: ${why}`;
  return { recovered: false, outcome: 'errored', summary };
}

/**
 * A ledger that is busy or whose disk is full may be writable again soon, and a run left open would keep its
 * environment for as long as this process lives. So there is no last attempt; where the process ends first, the next one
 * recovers the run.
 */
async function whenWritable<T>({ clock }: Pick<Ports, 'clock'>, write: () => T): Promise<T> {
  for (;;) {
    try {
      return write();
    } catch (error) {
      if (!mayPass(error)) throw error;
      await clock.sleep(attemptEveryMs);
    }
  }
}

/** A lost lease does not come back, nor does a ledger that was closed under us. */
export function mayPass(error: unknown): boolean {
  return error instanceof GantryError && (error.code === 'ledger-busy' || error.code === 'ledger-read-only');
}

/** Another process has the run. */
export function isLost(error: unknown): boolean {
  return error instanceof GantryError && error.code === 'environment-busy';
}
