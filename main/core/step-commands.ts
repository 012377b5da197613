import type { Ports } from './context.ts';
import type { Commands } from './ports.ts';
import type { RunRecorder } from './run-recorder.ts';

/** More than a program that was told to end is given until it is killed. */
const endWithinMs = 10_000;

/** The child processes of one step. */
export type StepCommands = {
  /** Records each of them. */
  readonly commands: Commands;
  /** The step is over, whoever ended it: what still runs is stopped, nothing more starts. Resolves when none is left. */
  end(): Promise<void>;
};

export function createStepCommands(
  ports: Pick<Ports, 'clock' | 'commands'>,
  recorder: RunRecorder,
  step: string,
): StepCommands {
  const over = new AbortController();
  const running = new Set<Promise<unknown>>();
  const recording = recordingCommands(ports.commands, recorder, step);
  return {
    commands: {
      run(options) {
        const ran = recording.run({ ...options, signal: AbortSignal.any([options.signal, over.signal]) });
        running.add(ran);
        const forget = () => running.delete(ran);
        ran.then(forget, forget);
        return ran;
      },
    },
    async end() {
      over.abort(new Error(`step ${step} is over`));
      if (running.size === 0) return;
      const ended = new AbortController();
      // What the system cannot even kill must not keep the run.
      const late = ports.clock.sleep(endWithinMs, ended.signal).catch(() => undefined);
      await Promise.race([Promise.allSettled(running), late]);
      ended.abort();
    },
  };
}

function recordingCommands(commands: Commands, recorder: RunRecorder, step: string): Commands {
  return {
    async run(options) {
      let pid: number | undefined;
      const what = options.argv.slice(0, 2).join(' ');
      try {
        const result = await commands.run({
          ...options,
          onSpawn: (child) => {
            pid = child.pid;
            recorder.append({ kind: 'child-started', step, child, what });
            options.onSpawn?.(child);
          },
        });
        if (pid !== undefined) recorder.append({ kind: 'child-ended', step, pid, exitCode: result.exitCode });
        return result;
      } catch (error) {
        if (pid !== undefined) recorder.append({ kind: 'child-ended', step, pid, exitCode: null });
        throw error;
      }
    },
  };
}
