import type { Breather } from './breather.ts';

/** What many say and one listens to, in the order in which it was said. */
export type OutputQueue<T> = {
  put(output: T): void;
  /** Nothing more comes; with an error, that is thrown once all has been heard. */
  end(failure?: { readonly error: unknown }): void;
  /** Resolves when the listener has caught up, and others have had their turn: whoever may say much waits for it. */
  room(): Promise<void> | undefined;
  outputs(): AsyncGenerator<T>;
};

/** Outputs that may wait; each may have dozens of lines. */
const most = 100;

export function createOutputQueue<T>(breathe: Breather): OutputQueue<T> {
  let waiting: T[] = [];
  let failure: { readonly error: unknown } | undefined;
  let isOver = false;
  let wake = Promise.withResolvers<void>();
  let caughtUp = Promise.withResolvers<void>();

  return {
    put(output) {
      waiting.push(output);
      wake.resolve();
    },
    end(with_) {
      failure = with_;
      isOver = true;
      wake.resolve();
    },
    room: () => (waiting.length < most || isOver ? breathe() : caughtUp.promise),
    async *outputs() {
      try {
        for (;;) {
          const batch = waiting;
          waiting = [];
          caughtUp.resolve();
          caughtUp = Promise.withResolvers();
          for (const output of batch) {
            yield output;
            // Not awaited when there is nothing to wait for: that is a turn of its own for each line.
            const breath = breathe();
            if (breath !== undefined) await breath;
          }
          if (waiting.length > 0) continue;
          if (isOver) break;
          await wake.promise;
          wake = Promise.withResolvers();
        }
        if (failure !== undefined) throw failure.error;
      } finally {
        isOver = true;
        caughtUp.resolve();
      }
    },
  };
}
