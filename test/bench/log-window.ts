/** A thread that reads a run's log as the app's window does, in a process that is not the core's. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { GantryClient } from '#main/shell/gantry-client.ts';

export type LogWindowData = { readonly port: MessagePort };

/** Lines that stand in the ledger in the order in which they were printed, and when the first line of all was seen. */
export type LogSeen = { readonly count: number; readonly firstAt: number };

/** As renderer/features/runs/log-reader.ts has them. */
const page = 500;
const waitMs = 20_000;

async function readLog(client: GantryClient, runId: number): Promise<LogSeen> {
  let read = 0;
  let count = 0;
  let firstAt = Number.POSITIVE_INFINITY;
  for (;;) {
    const answer = await client.runs.log({ runId, from: read + 1, limit: page, waitMs });
    if (answer.lines.length > 0) firstAt = Math.min(firstAt, Date.now());
    for (const { text } of answer.lines) {
      const [, number] = /^line (\d+) of what a step of a build prints$/.exec(text) ?? [];
      if (Number(number) === count + 1) count += 1;
    }
    read += answer.lines.length;
    if (answer.ended && read >= answer.total) return { count, firstAt };
  }
}

// Whoever starts this thread gives it what its door says.
const { port } = workerData as LogWindowData;
port.start();
const client: GantryClient = createORPCClient(new RPCLink({ port }));
parentPort?.once('message', async (runId: number) => {
  parentPort?.postMessage(await readLog(client, runId));
});
// It is open.
parentPort?.postMessage('open');
