import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { CredentialOptions } from '../credentials.ts';
import { untilAborted } from './aborts.ts';
import { type AttemptsOptions, createAttempts, readSome } from './attempts.ts';
import { type BaseOptions, createBase } from './base.ts';
import { plainHttpRefused, readRefusal, refusalOf, refused } from './failures.ts';
import { isLoopback } from './names.ts';
import { createAuthorizer } from './tokens.ts';
import { createTraits, type Traits } from './traits.ts';
import { type Body, readWhole, type WireRequest } from './wire.ts';

export type ClientOptions = AttemptsOptions & BaseOptions & { readonly credentials: CredentialOptions };

export type Call = {
  readonly method: WireRequest['method'];
  /** Below /v2/, or where the registry itself said to go. */
  readonly to: string | URL;
  /** What the request needs, in the words of the token specification: `repository:team/app:pull`. */
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** Statuses that are an answer; any other is an error. */
  readonly accept: readonly number[];
  /** What is asked for, in an error's sentence: `the manifest of app:1`. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly silenceMs?: number;
  /** Not repeated: whoever asks knows better how to go on. A 401 to a stream is theirs as well. */
  readonly once?: true;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};
export type OpenAnswer = { readonly status: number; readonly stream: IncomingMessage };

/**
 * One registry. Its errors are `registry-unreachable` where nothing can be said of the request, and
 * `registry-refused` where the answer is no; an abort rejects with the signal's reason.
 */
export type Client = {
  readonly host: string;
  readonly traits: Traits;
  /** Reads the body whole: up to `limit` bytes. */
  call(call: Call, limit?: number): Promise<Answer>;
  /** The body is the caller's to read or destroy. */
  open(call: Call): Promise<OpenAnswer>;
  /** Where a Location header leads. */
  locate(location: string): Promise<URL>;
};

const usualLimit = 1024 * 1024;
const mostRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);

export function createClient(options: ClientOptions): Client {
  const { host, wire, silenceMs } = options;
  const attempts = createAttempts(options);
  const authorizer = createAuthorizer({
    ...options,
    ask(request) {
      requireAllowed(options, request.url);
      const ask = () => wire.send({ ...request, silenceMs });
      return attempts({ what: 'a token', signal: request.signal }, ask, async (answer) => answer);
    },
  });

  const base = createBase(options);

  /** Learns who wants to know who asks, once, and asks again. */
  async function authorized(call: Call, url: URL, origin: URL): Promise<IncomingMessage> {
    const { method, scopes, body, signal } = call;
    requireAllowed(options, url);
    // Storage behind a registry is somebody else, to whom the address says enough.
    const isOwn = url.origin === origin.origin;
    for (let hasLearnt = !isOwn; ; hasLearnt = true) {
      const authorization = isOwn ? await authorizer.header(scopes, signal) : undefined;
      const headers = {
        'user-agent': 'gantry',
        ...call.headers,
        ...lengthOf(body),
        ...(authorization === undefined ? {} : { authorization }),
      };
      const sent = { method, url, headers, signal, silenceMs: call.silenceMs ?? silenceMs };
      const answer = await wire.send(body === undefined ? sent : { ...sent, body });
      if (answer.statusCode !== 401 || hasLearnt) return answer;
      authorizer.learn(answer, scopes, authorization);
      // What was streamed is gone; whoever sent it starts again where the registry has it.
      if (body?.kind === 'stream') return answer;
      answer.resume();
    }
  }

  async function send(call: Call): Promise<IncomingMessage> {
    const guess = isReading(call) ? base.guess() : undefined;
    if (guess !== undefined) {
      const answer = await sendTo(guess, call);
      // So a port for TLS answers plain HTTP, with a reason that a HEAD does not get.
      if (answer.statusCode !== 400) {
        base.settle(guess);
        return answer;
      }
      answer.resume();
    }
    return sendTo(await untilAborted(base.find(), call.signal), call);
  }

  async function sendTo(origin: URL, call: Call): Promise<IncomingMessage> {
    let url = typeof call.to === 'string' ? new URL(`/v2/${call.to}`, origin) : call.to;
    for (let hops = 0; hops <= mostRedirects; hops += 1) {
      const answer = await authorized(call, url, origin);
      const { location } = answer.headers;
      if (!isReading(call) || !redirects.has(answer.statusCode ?? 0) || location === undefined) return answer;
      answer.resume();
      url = new URL(location, url);
    }
    throw refused(`The registry ${host} sends Gantry in circles.`, 'Ask who runs it.');
  }

  async function accepted(call: Call, answer: IncomingMessage): Promise<number> {
    const status = answer.statusCode ?? 0;
    if (call.accept.includes(status)) return status;
    throw refusalOf(host, call.what, status, readRefusal(await readSome(answer)));
  }

  return {
    host,
    traits: createTraits(),
    call(call, limit = usualLimit) {
      const read = async (answer: IncomingMessage) => ({
        status: await accepted(call, answer),
        headers: answer.headers,
        body: await readWhole(answer, limit),
      });
      return attempts(call, () => send(call), read);
    },
    open(call) {
      const read = async (stream: IncomingMessage) => ({ status: await accepted(call, stream), stream });
      return attempts(call, () => send(call), read);
    },
    async locate(location) {
      const origin = await base.find();
      const url = new URL(location, origin);
      // A registry behind a proxy may not know that it was asked by TLS.
      return url.host === origin.host ? new URL(url.pathname + url.search, origin) : url;
    },
  };
}

function isReading({ method }: Call): boolean {
  return method === 'GET' || method === 'HEAD';
}

function requireAllowed({ host, insecure }: ClientOptions, url: URL): void {
  if (url.protocol === 'https:') return;
  const isAllowed = isLoopback(url.host) || insecure.includes(url.host);
  if (url.protocol !== 'http:' || !isAllowed) throw plainHttpRefused(host, url.host);
}

function lengthOf(body: Body | undefined): Readonly<Record<string, string>> {
  switch (body?.kind) {
    case undefined:
      return {};
    case 'bytes':
      return { 'content-length': String(body.bytes.length) };
    case 'stream':
      return { 'content-length': String(body.length) };
  }
}
