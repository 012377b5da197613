import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ImageContents } from '#main/core/ports.ts';
import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';
import { createDiffCache } from './diff-cache.ts';
import {
  cacheFolders,
  type FromWorker,
  readFailure,
  type ToWorker,
  type WorkerSetup,
} from './worker-messages.ts';

export type WorkerOptions = WorkerSetup & {
  /** How long the thread waits for the next question. It takes some 10 MB, and 50 ms to start. */
  readonly idleMs?: number;
};

const usualIdleMs = 60_000;

type Question = { resolve(diff: ImageContentsDiff): void; reject(error: unknown): void };

/** Compares in another thread; only what is in the cache as a whole is answered in this one. */
export function createWorkerComparison({ idleMs = usualIdleMs, ...setup }: WorkerOptions): ImageContents {
  const diffs = createDiffCache(join(setup.cacheFolder, cacheFolders.diffs));
  let thread: Thread | undefined;
  let idle: NodeJS.Timeout | undefined;
  let isDisposed = false;

  function begin(): Thread {
    clearTimeout(idle);
    thread ??= startThread(setup, (ended) => {
      if (thread === ended) thread = undefined;
    });
    return thread;
  }

  function rest(): void {
    if (thread === undefined || thread.questions > 0) return;
    clearTimeout(idle);
    idle = setTimeout(stop, idleMs);
    idle.unref();
  }

  /** It takes some time to end, in which it answers nothing any more. */
  function stop(): void {
    const ending = thread;
    thread = undefined;
    ending?.stop();
  }

  return {
    async compare(left, right, { signal, insecure = [], whole = false } = {}) {
      signal?.throwIfAborted();
      const kept = await diffs.get(left, right, whole);
      signal?.throwIfAborted();
      if (kept !== undefined) return kept;
      if (isDisposed) throw new Error('images are compared after the end');
      try {
        return await begin().ask({ ...(left === undefined ? {} : { left }), right, insecure, whole }, signal);
      } finally {
        rest();
      }
    },
    dispose() {
      isDisposed = true;
      clearTimeout(idle);
      stop();
    },
  };
}

type Thread = {
  /** Asked and not answered. */
  readonly questions: number;
  ask(
    images: Omit<ToWorker & { kind: 'compare' }, 'kind' | 'id'>,
    signal: AbortSignal | undefined,
  ): Promise<ImageContentsDiff>;
  stop(): void;
};

function startThread(setup: WorkerSetup, onEnd: (thread: Thread) => void): Thread {
  const asked = new Map<number, Question>();
  let count = 0;
  const worker = new Worker(new URL('./contents-worker.ts', import.meta.url), {
    name: 'gantry-contents',
    workerData: setup,
    // What this process was started with, such as an inspector, is not for it.
    execArgv: [],
  });
  const send = (message: ToWorker) => worker.postMessage(message);
  // A process that has nothing else to do may end; one that waits for an answer may not.
  worker.unref();

  function settle(id: number): Question | undefined {
    const question = asked.get(id);
    asked.delete(id);
    if (asked.size === 0) worker.unref();
    return question;
  }

  function end(error: unknown): void {
    for (const id of [...asked.keys()]) settle(id)?.reject(error);
    onEnd(thread);
  }

  worker.on('message', (message: FromWorker) => {
    const question = settle(message.id);
    if (message.kind === 'done') question?.resolve(message.diff);
    else question?.reject(readFailure(message.failure));
  });
  // Such as too little memory for an image of millions of files.
  worker.on('error', end);
  worker.on('exit', () => end(new Error('the thread that compares images has ended')));

  const thread: Thread = {
    get questions() {
      return asked.size;
    },
    ask(images, signal) {
      count += 1;
      const id = count;
      return new Promise((resolve, reject) => {
        const stop = () => {
          send({ kind: 'cancel', id });
          settle(id)?.reject(signal?.reason);
        };
        const done = () => signal?.removeEventListener('abort', stop);
        signal?.addEventListener('abort', stop, { once: true });
        asked.set(id, {
          resolve: (diff) => {
            done();
            resolve(diff);
          },
          reject: (error) => {
            done();
            reject(error);
          },
        });
        worker.ref();
        send({ kind: 'compare', id, ...images });
      });
    },
    stop: () => void worker.terminate(),
  };
  return thread;
}
