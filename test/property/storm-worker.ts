import { mkdirSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { advance, createStormState, type StormChange, type StormPlan, stormCounts } from './storm-steps.ts';

// Given by storm.ts alone.
const { root, spool, shared, first, burst, pauseMs } = workerData as StormPlan;
const counts = new Int32Array(shared);
const state = createStormState();

for (const { name } of state.folders) mkdirSync(join(root, name), { recursive: true });

function carryOut(change: StormChange): void {
  const place = join(root, change.path);
  switch (change.kind) {
    case 'size':
      truncateSync(place, change.size);
      break;
    case 'put':
      writeFileSync(join(spool, 'new'), Buffer.alloc(change.size));
      renameSync(join(spool, 'new'), place);
      break;
    case 'remove':
      unlinkSync(place);
      break;
    case 'rename':
      renameSync(place, join(root, change.to));
      break;
  }
}

while (Atomics.load(counts, stormCounts.stop) === 0) {
  Atomics.add(counts, stormCounts.begun, 1);
  const change = advance(state);
  if (change !== undefined) carryOut(change);
  Atomics.add(counts, stormCounts.done, 1);
  // The first all at once, so that something is there.
  if (state.step >= first && state.step % burst === 0) Atomics.wait(counts, stormCounts.stop, 0, pauseMs);
}
