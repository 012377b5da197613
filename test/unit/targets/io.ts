import type { Container, Engine, Io, Reach } from '#main/core/ports.ts';
import type { HealthCheck, Probe } from '#shared/domain/health.ts';
import { only } from '#test/fakes/only.ts';

/** A clock that only sleeping moves, and containers as they are at a time. */
export function ioAt(
  containersAt: (ms: number) => readonly Container[],
  answerAt: (ms: number, check: HealthCheck, reach: Reach) => Omit<Probe, 'at'> | undefined = () => undefined,
): Io {
  let now = 0;
  return only<Io>({
    engine: only<Engine>({
      containers: async () => containersAt(now),
      containerLog: async () => ['last words'],
    }),
    clock: {
      now: () => now,
      monotonic: () => now,
      async sleep(ms) {
        now += ms;
      },
    },
    signal: new AbortController().signal,
    imageIds: () => new Set(),
    async probe(check, reach) {
      const answer = answerAt(now, check, reach);
      return answer === undefined ? undefined : { at: now, ...answer };
    },
  });
}
