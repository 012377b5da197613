import type { BuildOutput } from '#main/core/ports.ts';
import { createProgress } from './control/progress.ts';
import { readTrace } from './control/status-messages.ts';

/** Turns what a builder says into the port's output, message by message. */
export type OutputReader = {
  read(message: unknown): readonly BuildOutput[];
  /** What was begun and not ended, when the stream is over. */
  end(): readonly BuildOutput[];
  /** The step that failed, as far as one is known. */
  failedStep(): string | undefined;
};

/** BuildKit behind /build: each of its status messages stands in one of the engine's. */
export function createBuildKitReader(
  dockerfile = 'Dockerfile',
  now: () => number = () => performance.now(),
): OutputReader {
  let output: BuildOutput[] = [];
  const progress = createProgress({ put: (each) => output.push(each), dockerfile, now });
  const taken = () => {
    const all = output;
    output = [];
    return all;
  };
  return {
    read(message) {
      const bytes = traceBytes(message);
      if (bytes !== undefined) for (const _ of progress.take(readTrace(bytes)));
      return taken();
    },
    end() {
      progress.end();
      return taken();
    },
    failedStep: progress.failedStep,
  };
}

function traceBytes(message: unknown): Uint8Array | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  if (!('id' in message) || message.id !== 'moby.buildkit.trace') return undefined;
  return 'aux' in message && typeof message.aux === 'string' ? Buffer.from(message.aux, 'base64') : undefined;
}
