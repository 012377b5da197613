import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type AccountOptions, createRenderAccount, type RenderAccount } from './account.ts';

/** Render over HTTP on loopback. */
export type FakeRender = {
  readonly account: RenderAccount;
  /** `http://127.0.0.1:41234/v1` */
  readonly baseUrl: string;
  readonly hookBase: string;
  /** The whole deploy hook: a secret. */
  readonly hook: string;
  /** Every answer takes this long from now on; what is asked for is carried out at once. */
  slowDown(ms: number): void;
  stop(): Promise<void>;
};

export async function startFakeRender(options: AccountOptions): Promise<FakeRender> {
  const account = createRenderAccount(options);
  let slowMs = 0;
  const server = createServer(async (request, response) => {
    const { method = 'GET', url: path = '/', headers } = request;
    const single = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const told = account.answer({ method, path, headers: single, body: await text(request) });
    if (slowMs > 0) await delay(slowMs);
    if (told.kind === 'lost') return void request.socket.destroy();
    response.writeHead(told.status, told.headers).end(told.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    account,
    baseUrl: `${origin}/v1`,
    hookBase: `${origin}/deploy`,
    hook: `${origin}${account.hookPath}`,
    slowDown(ms) {
      slowMs = ms;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
