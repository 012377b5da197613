import type { RunId } from '#shared/domain/ids.ts';
import type { Ports } from './context.ts';
import { type Backoff, defaultBackoff } from './retry.ts';
import { endOfUnwritten, endRun, type RunEnded } from './run-ending.ts';
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
  readonly conduct: (recorder: RunRecorder, signal: AbortSignal) => Promise<RunEnded>;
};

function conduct(ports: Ports, run: Conducting, onRecorded: () => void): Omit<Active, 'isFollowed'> {
  const cancel = new AbortController();
  // That it was requested.
  onRecorded();
  const recorder = createRunRecorder(ports, run.runId, run.token, run.redactor, onRecorded);
  const pulse = startPulse(ports, run.runId, cancel, recorder);
  const writing = { ports, recorder };
  const conducted = () =>
    run.conduct(recorder, cancel.signal).catch((error: unknown) => {
      cancel.abort();
      return endOfUnwritten(writing, run, error);
    });
  const toItsEnd = async () => {
    try {
      await endRun(writing, run, await conducted());
    } catch {
      // Nothing more may be written: the lease was lost, or the next process ends the run.
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
