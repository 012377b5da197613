import { Worker } from 'node:worker_threads';
import type { FolderChange, FolderWatch, FolderWatcher } from '#main/core/ports.ts';
import type { FromWatchThread, ToWatchThread } from './watch/messages.ts';

type Watched = {
  readonly onChange: (change: FolderChange) => void;
  readonly began: PromiseWithResolvers<void>;
  ended?: Error;
};

/**
 * The thread starts with the first watch and ends with the last; it takes some 10 MB and wakes once a second. An open
 * watch keeps no process alive.
 */
export function createFolderWatcher(): FolderWatcher & {
  /** Whether anything is watched. */
  isWatching(): boolean;
  /** Ends all watches; there are none after it. */
  dispose(): Promise<void>;
} {
  let thread: WatchThread | undefined;
  let isDisposed = false;
  return {
    async watch(folder, onChange) {
      if (isDisposed) throw new Error('nothing is watched any more');
      thread ??= startThread((ended) => {
        if (thread === ended) thread = undefined;
      });
      return thread.watch(folder, onChange);
    },
    isWatching: () => thread !== undefined,
    async dispose() {
      isDisposed = true;
      await thread?.end();
    },
  };
}

type WatchThread = FolderWatcher & { end(): Promise<void> };

function startThread(onEnd: (thread: WatchThread) => void): WatchThread {
  const worker = new Worker(new URL('./watch-worker.ts', import.meta.url), {
    name: 'gantry-watch',
    // What this process was started with, such as an inspector, is not for it.
    execArgv: [],
  });
  const watched = new Map<number, Watched>();
  const settling = new Map<number, PromiseWithResolvers<void>>();
  let last = 0;
  let questions = 0;
  worker.unref();
  const send = (message: ToWatchThread) => worker.postMessage(message);

  /** A process that waits for an answer may not end. */
  async function answered<T>(question: Promise<T>): Promise<T> {
    questions += 1;
    worker.ref();
    try {
      return await question;
    } finally {
      questions -= 1;
      if (questions === 0) worker.unref();
    }
  }

  function onMessage(message: FromWatchThread): void {
    if (message.kind === 'settled') {
      settling.get(message.ticket)?.resolve();
      settling.delete(message.ticket);
      return;
    }
    const found = watched.get(message.id);
    if (found === undefined) return;
    switch (message.kind) {
      case 'watching':
        found.began.resolve();
        break;
      case 'refused':
        watched.delete(message.id);
        found.began.reject(new Error(message.why));
        endIfIdle();
        break;
      case 'paths':
        found.onChange({ kind: 'paths', paths: message.paths });
        break;
      case 'doubt':
        found.onChange({ kind: 'doubt', why: message.why });
        break;
      case 'ended':
        found.ended = new Error(message.why);
        break;
    }
  }

  function endIfIdle(): void {
    if (watched.size > 0) return;
    onEnd(thread);
    void worker.terminate();
  }

  function onDeath(why: Error): void {
    onEnd(thread);
    for (const found of watched.values()) {
      found.began.reject(why);
      if (found.ended === undefined) found.onChange({ kind: 'doubt', why: why.message });
      found.ended = why;
    }
    for (const { reject } of settling.values()) reject(why);
    watched.clear();
    settling.clear();
  }

  worker.on('message', onMessage);
  worker.on('error', (error) => onDeath(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', () => onDeath(new Error('the thread that watches folders has ended')));

  const thread: WatchThread = {
    async end() {
      await worker.terminate();
    },
    async watch(folder, onChange): Promise<FolderWatch> {
      last += 1;
      const id = last;
      const found: Watched = { onChange, began: Promise.withResolvers() };
      watched.set(id, found);
      send({ kind: 'watch', id, folder });
      await answered(found.began.promise);
      return {
        async settled() {
          if (found.ended !== undefined) throw found.ended;
          last += 1;
          const asked = Promise.withResolvers<void>();
          settling.set(last, asked);
          send({ kind: 'settle', ticket: last });
          await answered(asked.promise);
          if (found.ended !== undefined) throw found.ended;
        },
        async close() {
          if (!watched.delete(id)) return;
          send({ kind: 'close', id });
          endIfIdle();
        },
      };
    },
  };
  return thread;
}
