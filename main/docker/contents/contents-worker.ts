import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { openMachine } from '../engine.ts';
import { compareImages } from './compare-images.ts';
import { createDiffCache } from './diff-cache.ts';
import { createLayerCache } from './layer-cache.ts';
import type { Elsewhere } from './offers.ts';
import type { RegistryLayers } from './registry-layers.ts';
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

const { access, credentials } = openMachine({ env, homeFolder });
const tools = {
  access,
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

let registries: Promise<RegistryLayers> | undefined;
/** Loaded when an image is not to be had from the engine layer by layer. */
function openRegistries(): Promise<RegistryLayers> {
  registries ??= import('./registry-layers.ts').then(({ createRegistryLayers }) =>
    createRegistryLayers(credentials),
  );
  return registries;
}

async function answer(
  { id, left, right, insecure, whole }: ToWorker & { kind: 'compare' },
  signal: AbortSignal,
): Promise<void> {
  let reply: FromWorker;
  try {
    signal.throwIfAborted();
    const elsewhere: Elsewhere = async (image, where, asked) =>
      (await openRegistries())(image, { where, insecure }, asked);
    const diff = await compareImages({ ...tools, elsewhere }, left, right, { whole, signal });
    reply = { kind: 'done', id, diff };
  } catch (error) {
    reply = { kind: 'failed', id, failure: writeFailure(error) };
  }
  running.delete(id);
  port?.postMessage(reply);
}
