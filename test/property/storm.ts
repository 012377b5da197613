import { mkdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { type StormPlan, stormCounts } from './storm-steps.ts';

export type Storm = {
  /** Steps that have been done. */
  done(): number;
  /** Steps that have been begun. */
  begun(): number;
  end(): Promise<void>;
};

/** Goes on in a thread of its own until it is ended; resolves after the first steps. */
export async function startStorm(plan: Omit<StormPlan, 'shared'>): Promise<Storm> {
  mkdirSync(plan.spool, { recursive: true });
  const shared = new SharedArrayBuffer(3 * 4);
  const counts = new Int32Array(shared);
  const worker = new Worker(new URL('./storm-worker.ts', import.meta.url), {
    workerData: { ...plan, shared } satisfies StormPlan,
    execArgv: [],
  });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  worker.once('error', failed.reject);
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  while (Atomics.load(counts, stormCounts.done) < plan.first) {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 5)), failed.promise]);
  }
  return {
    done: () => Atomics.load(counts, stormCounts.done),
    begun: () => Atomics.load(counts, stormCounts.begun),
    async end() {
      Atomics.store(counts, stormCounts.stop, 1);
      Atomics.notify(counts, stormCounts.stop);
      await Promise.race([ended, failed.promise]);
    },
  };
}
