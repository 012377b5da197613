import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { RPCHandler } from '@orpc/server/message-port';
import { createGantry } from '#main/create-gantry.ts';
import type { GantryClient } from '#main/shell/gantry-client.ts';
import { createInProcessClient } from '#main/shell/in-process-client.ts';
import { definedOnly } from '#test/engine/reachable.ts';

export type OpenApp = {
  readonly client: GantryClient;
  readonly workspaceId: string;
  requestId(): string;
  /** From before the run is asked for to the event of its end, as the window hears of it. Throws unless it succeeded. */
  untilEnded(start: () => Promise<{ readonly runId: number }>): Promise<number>;
  /** The same for one run, by a window that listens already when this resolves. */
  listen(): Promise<OpenApp['untilEnded']>;
  /** The other end of what the core answers, for a window in another thread. */
  door(): MessagePort;
  close(): Promise<void>;
};

/** An app that is open in this process, with its window on a trusted workspace. */
export async function openApp(
  home: string,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<OpenApp> {
  const gantry = await createGantry({
    home,
    shell: 'desktop',
    env: { ...definedOnly(process.env), ...env },
    version: '0.0.0',
  });
  const { client, close } = createInProcessClient(gantry.router);
  const { id: workspaceId } = await client.workspaces.open({ folder });
  await client.workspaces.trust({ workspaceId });
  let requests = 0;

  async function listen(): Promise<OpenApp['untilEnded']> {
    const listening = new AbortController();
    const events = await client.live({ workspaceId }, { signal: listening.signal });
    // Its first word says that it listens.
    await events.next();
    return async (start) => {
      try {
        const { runId } = await start();
        for await (const event of events) {
          if (event.kind !== 'recorded' || event.recorded.runId !== runId) continue;
          const end = event.recorded.event;
          if (end.kind !== 'run-ended') continue;
          if (end.outcome === 'succeeded') return runId;
          throw new Error(`run ${runId} ${end.outcome}: ${end.summary}`);
        }
        throw new Error('the events ended before the run');
      } finally {
        listening.abort();
      }
    };
  }

  return {
    client,
    workspaceId,
    requestId() {
      requests += 1;
      return `bench-request-${requests}`;
    },
    untilEnded: async (start) => (await listen())(start),
    listen,
    door() {
      const { port1, port2 } = new MessageChannel();
      new RPCHandler(gantry.router).upgrade(port1);
      port1.start();
      return port2;
    },
    async close() {
      close();
      await gantry.dispose();
    },
  };
}
