import type { Container, Engine, Io } from '#main/core/ports.ts';
import { only } from '#test/fakes/only.ts';

/** A clock that only sleeping moves, and containers as they are at a time. */
export function ioAt(containersAt: (ms: number) => readonly Container[]): Io {
  let now = 0;
  return only<Io>({
    engine: only<Engine>({
      containers: async () => containersAt(now),
      containerLog: async () => ['last words'],
    }),
    clock: {
      now: () => now,
      async sleep(ms) {
        now += ms;
      },
    },
    signal: new AbortController().signal,
  });
}
