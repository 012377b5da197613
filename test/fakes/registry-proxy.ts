import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as requestUpstream,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Asked = { readonly method: string; readonly path: string; readonly query: string };

export type Seen = Asked & {
  readonly authorization: string | undefined;
  /** Of the answer, heard or not; 0 where there was none. */
  status: number;
  /** Bytes of the bodies. */
  sent: number;
  received: number;
};

export type Trouble =
  /** The connection is closed without an answer. */
  | { readonly kind: 'hang-up' }
  /** Nothing is said, ever. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'slow'; readonly ms: number }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      /** Answered when so much of the request has come; what came is passed on. At once without. */
      readonly afterBytes?: number;
      /** What is left of the request is never read, and the connection is kept all the same. */
      readonly leavesRest?: true;
    }
  /** The connection is cut when so much of the request has been passed on. */
  | { readonly kind: 'cut-request'; readonly afterBytes: number }
  /** The connection is cut when so much of the answer has been passed on. */
  | { readonly kind: 'cut-answer'; readonly afterBytes: number }
  /** The request is carried out, and nobody hears of it. */
  | { readonly kind: 'lose-answer' }
  /** The request is carried out at once, and its answer is told so much later. */
  | { readonly kind: 'late'; readonly ms: number }
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string | undefined>> }
  /** Something else happens first. */
  | { readonly kind: 'meanwhile'; readonly work: () => Promise<void> }
  | { readonly kind: 'afterwards'; readonly work: () => Promise<void> };

export type Fault = {
  readonly when: (asked: Asked) => boolean;
  readonly trouble: Trouble;
  /** Always, without. */
  readonly times?: number;
};

/** A real HTTP server in front of a real registry, which passes everything on until it is told not to. */
export type RegistryProxy = {
  readonly host: string;
  readonly seen: readonly Seen[];
  inject(fault: Fault): void;
  /** No faults, and nothing seen. */
  reset(): void;
  /** Nothing listens there any more. */
  stop(): Promise<void>;
};

type Exchange = {
  readonly upstream: string;
  readonly request: IncomingMessage;
  readonly answer: ServerResponse;
  readonly seen: Seen;
  readonly trouble: Trouble | undefined;
};

/** On the way `rewrite` changes the address that is asked, and the headers named are dropped. */
export async function startRegistryProxy(
  upstream: string,
  rewrite: (path: string) => string = (path) => path,
  dropped: readonly string[] = [],
): Promise<RegistryProxy> {
  const seen: Seen[] = [];
  const faults: { readonly fault: Fault; left: number }[] = [];

  function troubleOf(asked: Asked): Trouble | undefined {
    const found = faults.find(({ fault, left }) => left > 0 && fault.when(asked));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.fault.trouble;
  }

  const server = createServer((request, answer) => {
    request.url = rewrite(request.url ?? '');
    for (const name of dropped) delete request.headers[name];
    const { pathname: path, search: query } = new URL(request.url, 'http://proxy');
    const asked = { method: request.method ?? '', path, query };
    const { authorization } = request.headers;
    const one: Seen = { ...asked, authorization, status: 0, sent: 0, received: 0 };
    seen.push(one);
    answer.on('finish', () => {
      one.status = answer.statusCode;
    });
    request.on('error', () => {});
    pass({ upstream, request, answer, seen: one, trouble: troubleOf(asked) }).catch(() =>
      request.socket.destroy(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is never a string.
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    seen,
    inject: (fault) => faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    reset() {
      faults.length = 0;
      seen.length = 0;
    },
    async stop() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function pass(exchange: Exchange): Promise<void> {
  const { request, answer, trouble } = exchange;
  switch (trouble?.kind) {
    case 'hang-up':
      request.socket.destroy();
      return;
    case 'silence':
      return;
    case 'answer':
      if (trouble.afterBytes === undefined) return answerWith(exchange, trouble);
      return forward(exchange, trouble.afterBytes, () => answerWith(exchange, trouble));
    case 'cut-request':
      return forward(exchange, trouble.afterBytes, () => request.socket.destroy());
    case 'slow':
      await sleep(trouble.ms);
      return forward(exchange);
    case 'meanwhile':
      await trouble.work();
      return forward(exchange);
    case 'afterwards':
      answer.on('finish', trouble.work);
      return forward(exchange);
    default:
      return forward(exchange);
  }
}

function answerWith({ request, answer }: Exchange, trouble: Extract<Trouble, { kind: 'answer' }>): void {
  // A server that does not read on mostly loses its answer with the connection.
  if (trouble.leavesRest !== true) request.resume();
  answer.writeHead(trouble.status, trouble.headers).end(trouble.body ?? '');
}

/** `limit` bytes of the request are passed on, then `stop` is called, and the registry's connection is cut. */
async function forward(exchange: Exchange, limit?: number, stop?: () => void): Promise<void> {
  const { upstream, request, seen } = exchange;
  const onward = requestUpstream(`http://${upstream}${request.url}`, {
    method: request.method,
    // With the proxy's own host, so that the registry's addresses lead back to it.
    headers: request.headers,
  });
  onward.on('error', () => request.socket.destroy());
  const answered = once(onward, 'response');
  answered.catch(() => {});
  const isCut = () => limit !== undefined && seen.sent >= limit;
  // The request outlives the loop: it may have to be read on.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    const piece = limit === undefined ? chunk : chunk.subarray(0, Math.max(0, limit - seen.sent));
    seen.sent += piece.length;
    if (piece.length > 0 && !onward.write(piece)) await Promise.race([once(onward, 'drain'), answered]);
    if (isCut()) break;
  }
  // Out of the loop: while that reads the request, nobody else can read it on.
  if (isCut()) {
    // So that the registry has it before it loses the connection.
    await sleep(20);
    onward.removeAllListeners('error').on('error', () => {});
    onward.destroy();
    stop?.();
    return;
  }
  onward.end();
  // What an answer is, node:http's own events say.
  const [response] = (await answered) as [IncomingMessage];
  await giveBack(exchange, response);
}

async function giveBack(
  { answer, request, seen, trouble }: Exchange,
  response: IncomingMessage,
): Promise<void> {
  seen.status = response.statusCode ?? 0;
  if (trouble?.kind === 'lose-answer') {
    for await (const _ of response);
    request.socket.destroy();
    return;
  }
  if (trouble?.kind === 'late') await sleep(trouble.ms);
  const changed = trouble?.kind === 'headers' ? trouble.headers : {};
  const headers = Object.entries({ ...response.headers, ...changed }).filter(
    ([, value]) => value !== undefined,
  );
  answer.writeHead(response.statusCode ?? 502, Object.fromEntries(headers));
  const limit = trouble?.kind === 'cut-answer' ? trouble.afterBytes : Number.POSITIVE_INFINITY;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const piece = chunk.subarray(0, limit - seen.received);
    seen.received += piece.length;
    if (!answer.write(piece)) await once(answer, 'drain');
    if (seen.received < limit) continue;
    await sleep(20);
    request.socket.destroy();
    return;
  }
  answer.end();
}
