import { GantryError } from '#shared/domain/errors.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { RunEventOf } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';
import { type Backoff, defaultBackoff } from './retry.ts';
import { startPulse } from './run-pulse.ts';
import { createRunRecorder, type RunRecorder } from './run-recorder.ts';
import { type Ending, playScript, type RunScript, runSteps, type StepsResult } from './run-script.ts';

/** A run whose process died, taken over: what is left to follow of it, and how it is closed by what was found. */
export type TakenOver = Pick<RunScript, 'runId' | 'token' | 'redactor' | 'steps'> & {
  readonly close: (result: StepsResult, recorder: RunRecorder) => Promise<Ending>;
};

export type RunEngine = {
  /** Resolves when the run has ended; never rejects. */
  execute(script: RunScript): Promise<void>;
  /** As `execute`, for a run that is followed to its end. */
  follow(run: TakenOver): Promise<void>;
  /** The run, if it is ours, stops as soon as its step allows. */
  cancel(runId: RunId): void;
  active(): readonly RunId[];
  /** Resolves when no run is left. */
  idle(): Promise<void>;
  /**
   * This process ends: what is followed may end yet within the grace; all else is left for the next process, which need
   * not wait for a heartbeat to grow old.
   */
  leave(graceMs: number): Promise<void>;
};

const endAttemptEveryMs = 1_000;

export function createRunEngine(
  ports: Ports,
  onRecorded: () => void,
  backoff: Backoff = defaultBackoff,
): RunEngine {
  const active = new Map<RunId, Active>();
  const carry = (run: Conducting, isFollowed: boolean): Promise<void> => {
    const conducted = conduct(ports, run, onRecorded);
    const done = conducted.done.finally(() => active.delete(run.runId));
    active.set(run.runId, { ...conducted, done, isFollowed });
    return done;
  };
  return {
    execute: (script) =>
      carry(
        {
          ...script,
          conduct: async (recorder, signal) => ({
            ...(await playScript({ ports, recorder, backoff }, script, signal)),
            recovered: false,
          }),
        },
        false,
      ),
    follow: (run) =>
      carry(
        {
          ...run,
          conduct: async (recorder, signal) => {
            const result = await runSteps({ ports, recorder, backoff }, run.steps, signal);
            return { ...(await run.close(result, recorder)), recovered: true };
          },
        },
        true,
      ),
    cancel(runId) {
      active.get(runId)?.cancel.abort();
    },
    async leave(graceMs) {
      const followed = [...active.values()].filter(({ isFollowed }) => isFollowed);
      if (followed.length > 0) {
        const grace = new AbortController();
        const over = ports.clock.sleep(graceMs, grace.signal).catch(() => undefined);
        await Promise.race([over, Promise.all(followed.map(({ done }) => done))]);
        grace.abort();
      }
      for (const run of active.values()) run.abandon();
    },
    active: () => [...active.keys()],
    async idle() {
      while (active.size > 0) await Promise.all([...active.values()].map((run) => run.done));
    },
  };
}

type Active = {
  readonly cancel: AbortController;
  readonly done: Promise<void>;
  readonly isFollowed: boolean;
  readonly abandon: () => void;
};

type Conducting = Pick<RunScript, 'runId' | 'token' | 'redactor' | 'steps' | 'cleanUp'> & {
  readonly conduct: (
    recorder: RunRecorder,
    signal: AbortSignal,
  ) => Promise<Ending & Pick<RunEventOf<'run-ended'>, 'recovered'>>;
};

function conduct(ports: Ports, run: Conducting, onRecorded: () => void): Omit<Active, 'isFollowed'> {
  const cancel = new AbortController();
  const recorder = createRunRecorder(ports, run.runId, run.token, run.redactor, onRecorded);
  const pulse = startPulse(ports, run.runId, cancel, recorder);
  const toItsEnd = async () => {
    try {
      const ending = await run.conduct(recorder, cancel.signal);
      // What takes time from here on must not keep anybody from knowing how the steps ended.
      if (run.cleanUp !== undefined) recorder.flush();
      await run.cleanUp?.().catch((error: unknown) => {
        const text = `Cleaning up failed: ${error instanceof Error ? error.message : String(error)}`;
        recorder.line({ step: run.steps.at(-1)?.planned.id ?? '', source: 'gantry', level: 'err', text });
      });
      recorder.append({ kind: 'run-ended', ...ending });
    } catch (error) {
      // Only the recorder throws here. Nothing more may be done that could not be written down.
      cancel.abort();
      await endWhenWritable(ports, { ...run, token: recorder.token() }, error, onRecorded);
    } finally {
      pulse.stop();
      await pulse.stopped;
    }
  };
  return {
    cancel,
    done: toItsEnd(),
    abandon() {
      pulse.stop();
      try {
        ports.ledger.leases.heartbeat(run.runId, recorder.token(), 0);
      } catch {
        // Then the next process waits until the heartbeat is old.
      }
    },
  };
}

/**
 * A ledger that is busy or whose disk is full may be writable again soon, and a run left open would keep its
 * environment for as long as this process lives. So there is no last attempt; where the process ends first, the next one
 * recovers the run.
 */
async function endWhenWritable(
  ports: Ports,
  script: Pick<RunScript, 'runId' | 'token' | 'redactor'>,
  error: unknown,
  onRecorded: () => void,
): Promise<void> {
  const why = error instanceof Error ? error.message : String(error);
  for (let last = error; mayPass(last); ) {
    try {
      const recorder = createRunRecorder(ports, script.runId, script.token, script.redactor, onRecorded);
      const summary = `The ledger could not be written, so the run stopped: ${why}`;
      recorder.append({ kind: 'run-ended', recovered: false, outcome: 'errored', summary });
      return;
    } catch (again) {
      last = again;
      await ports.clock.sleep(endAttemptEveryMs);
    }
  }
}

/** A lost lease does not come back, nor does a ledger that was closed under us. */
function mayPass(error: unknown): boolean {
  return error instanceof GantryError && (error.code === 'ledger-busy' || error.code === 'ledger-read-only');
}
