/** An open loop: requests are sent when they are due, however long the ones before them take. */
import { Agent, get } from 'node:http';
import { parentPort, Worker, workerData } from 'node:worker_threads';

export type LoadResult = {
  readonly sent: number;
  readonly lost: number;
  /** Why, and how often. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Of those that were answered, in ms. */
  readonly slowest: number;
};

export type Load = {
  /** Since the last time it was asked; the loop goes on. */
  take(): Promise<LoadResult>;
  stop(): Promise<void>;
};

type Order = { readonly url: string; readonly perSecond: number };

/** A request that takes longer is lost: who waits that long has gone. */
const patienceMs = 1_000;

/** In a thread of its own, so that what else this process does delays no request. */
export function startLoad(order: Order): Load {
  const worker = new Worker(new URL(import.meta.url), { workerData: order });
  let waiting: ((result: LoadResult) => void) | undefined;
  worker.on('message', (result: LoadResult) => waiting?.(result));
  return {
    take: () =>
      new Promise((resolve, reject) => {
        waiting = resolve;
        worker.once('error', reject);
        worker.postMessage('take');
      }),
    async stop() {
      await worker.terminate();
    },
  };
}

/** Answers how to ask for what was counted, once all that is under way has ended. */
function generate({ url, perSecond }: Order): () => Promise<LoadResult> {
  const agent = new Agent({ keepAlive: false });
  let [sent, lost, slowest] = [0, 0, 0];
  let reasons: Record<string, number> = {};
  const open = new Set<Promise<void>>();
  const lose = (why: string) => {
    lost += 1;
    reasons[why] = (reasons[why] ?? 0) + 1;
  };
  const ask = () =>
    new Promise<void>((resolve) => {
      const began = performance.now();
      let isOver = false;
      const end = (why?: string) => {
        if (isOver) return;
        isOver = true;
        const ms = performance.now() - began;
        if (why !== undefined) lose(why);
        else if (ms > patienceMs) lose('too late');
        else slowest = Math.max(slowest, ms);
        resolve();
      };
      const request = get(url, { agent, timeout: patienceMs }, (answer) => {
        answer.resume();
        answer.on('error', () => end('broken off'));
        answer.on('end', () => end(answer.statusCode === 200 ? undefined : `status ${answer.statusCode}`));
      });
      request.on('timeout', () => request.destroy(new Error('too late')));
      request.on('error', (error) => end(error.message));
    });
  const startedAt = performance.now();
  let due = 0;
  setInterval(() => {
    const until = ((performance.now() - startedAt) / 1_000) * perSecond;
    for (; due < until; due += 1) {
      sent += 1;
      const asking = ask();
      open.add(asking);
      void asking.then(() => open.delete(asking));
    }
  }, 2);
  return async () => {
    await Promise.all([...open]);
    const result = { sent, lost, reasons, slowest };
    [sent, lost, slowest, reasons] = [0, 0, 0, {}];
    return result;
  };
}

const port = parentPort;
if (port !== null) {
  // What startLoad gave it.
  const take = generate(workerData as Order);
  port.on('message', () => void take().then((result) => port.postMessage(result)));
}
