import { setImmediate as breath } from 'node:timers/promises';

/** What many say and one listens to, in the order in which it was said. */
export type OutputQueue<T> = {
  put(output: T): void;
  /** Nothing more comes; with an error, that is thrown once all has been heard. */
  end(failure?: { readonly error: unknown }): void;
  /** Resolves when the listener has caught up: whoever may say much waits for it. */
  room(): Promise<void> | undefined;
  outputs(): AsyncGenerator<T>;
};

/** Outputs that may wait. */
const most = 2_000;
/** The loop belongs to others too: the person's interface, and the engine's question whether we are still there. */
const breatheEveryMs = 8;

export function createOutputQueue<T>(): OutputQueue<T> {
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
    room: () => (waiting.length < most || isOver ? undefined : caughtUp.promise),
    async *outputs() {
      try {
        let breathedAt = performance.now();
        for (;;) {
          const batch = waiting;
          waiting = [];
          caughtUp.resolve();
          caughtUp = Promise.withResolvers();
          for (const output of batch) {
            yield output;
            if (performance.now() - breathedAt < breatheEveryMs) continue;
            await breath();
            breathedAt = performance.now();
          }
          if (waiting.length > 0) continue;
          if (isOver) break;
          await wake.promise;
          wake = Promise.withResolvers();
          breathedAt = performance.now();
        }
        if (failure !== undefined) throw failure.error;
      } finally {
        isOver = true;
        caughtUp.resolve();
      }
    },
  };
}
