import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { openMachine } from '../engine.ts';
import { compareImages } from './compare-images.ts';
import { createDiffCache } from './diff-cache.ts';
import { createLayerCache } from './layer-cache.ts';
import {
  cacheFolders,
  type FromWorker,
  type ToWorker,
  type WorkerSetup,
  writeFailure,
} from './worker-messages.ts';

// The entry of the thread in which images are compared. It talks to the engine by itself, so that no layer passes
// through the thread of the person's interface.

// Given by compare-in-worker.ts alone, as are the messages.
const { env, homeFolder, cacheFolder } = workerData as WorkerSetup;
const port = parentPort;
if (port === null) throw new Error('this is no program of its own');

const tools = {
  access: openMachine({ env, homeFolder }).access,
  cache: createLayerCache(join(cacheFolder, cacheFolders.layers)),
  diffs: createDiffCache(join(cacheFolder, cacheFolders.diffs)),
};
const running = new Map<number, AbortController>();
/** One after the other: what one reads, the next finds in the cache. */
let last: Promise<void> = Promise.resolve();

port.on('message', (message: ToWorker) => {
  if (message.kind === 'cancel') running.get(message.id)?.abort();
  else {
    const controller = new AbortController();
    running.set(message.id, controller);
    last = last.then(() => answer(message, controller.signal));
  }
});

async function answer(
  { id, left, right }: ToWorker & { kind: 'compare' },
  signal: AbortSignal,
): Promise<void> {
  let reply: FromWorker;
  try {
    signal.throwIfAborted();
    reply = { kind: 'done', id, diff: await compareImages(tools, left, right, signal) };
  } catch (error) {
    reply = { kind: 'failed', id, failure: writeFailure(error) };
  }
  running.delete(id);
  port?.postMessage(reply);
}
