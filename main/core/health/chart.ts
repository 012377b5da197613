import type { Probe } from '#shared/domain/health.ts';
import type { StepOutput } from '../ports.ts';

/** Of one check in one step: each is an event, and a chart shows no more. */
const mostBatches = 300;

export type Chart = {
  /** What of it is to be said now. */
  add(check: string, probe: Probe): Iterable<StepOutput>;
  /** What has not been said yet. */
  rest(): Iterable<StepOutput>;
};

/** Gathers answers of a long wait into fewer events; one that is unlike the one before it is said at once. */
export function createChart({
  forMs,
  intervalMs,
}: {
  readonly forMs: number;
  readonly intervalMs: number;
}): Chart {
  const size = Math.ceil(forMs / intervalMs / mostBatches);
  const waiting = new Map<string, Probe[]>();
  const wasOk = new Map<string, boolean>();
  const say = (check: string): StepOutput => {
    const probes = waiting.get(check) ?? [];
    waiting.delete(check);
    return { kind: 'probed', check, probes };
  };
  return {
    *add(check, probe) {
      const probes = [...(waiting.get(check) ?? []), probe];
      waiting.set(check, probes);
      const isNew = wasOk.get(check) !== probe.ok;
      wasOk.set(check, probe.ok);
      if (isNew || probes.length >= size) yield say(check);
    },
    *rest() {
      for (const check of [...waiting.keys()]) yield say(check);
    },
  };
}
