import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as requestPlain,
} from 'node:http';
import type { Agent as TlsAgent } from 'node:https';
import { readCertificates } from './certificates.ts';
import { isLoopback } from './names.ts';

/** What a request carries. A stream is read once, so the request that has one cannot be repeated as it is. */
export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly length: number; readonly stream: AsyncIterable<Uint8Array> };

export type WireRequest = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body;
  readonly signal: AbortSignal;
  /** Without a byte in either direction. */
  readonly silenceMs: number;
};

/** HTTP over connections that are kept. Every status is an answer; the body is read by the caller, or destroyed. */
export type Wire = { send(request: WireRequest): Promise<IncomingMessage> };

/** A body that came from elsewhere broke off there, not here. */
export class BrokenSource extends Error {
  override readonly name = 'BrokenSource';
}

/** Go's and nginx's servers close after a minute or more; a connection that is closed while it is taken costs a retry. */
const idleMs = 15_000;
const atOnce = 16;

export type WireOptions = {
  /** For the proxies that the person has set up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where docker's certs.d may be. */
  readonly certificateFolders: readonly string[];
};

export function createWire({ env, certificateFolders }: WireOptions): Wire {
  const kept = { keepAlive: true, maxSockets: atOnce, timeout: idleMs };
  /** A proxy is the person's wish, but never on the way to this machine itself. */
  const optionsFor = (host: string) => (isLoopback(host) ? kept : { ...kept, proxyEnv: env });
  const plain = new Map<string, PlainAgent>();
  const tls = new Map<string, Promise<TlsAgent>>();

  function plainAgent(host: string): PlainAgent {
    const agent = plain.get(host) ?? new PlainAgent(optionsFor(host));
    plain.set(host, agent);
    return agent;
  }

  function tlsAgent(host: string): Promise<TlsAgent> {
    const agent = tls.get(host) ?? openTlsAgent(host);
    tls.set(host, agent);
    return agent;
  }

  async function openTlsAgent(host: string): Promise<TlsAgent> {
    const { Agent } = await import('node:https');
    const { ca, ...own } = await readCertificates(certificateFolders, host);
    return new Agent({ ...optionsFor(host), ...own, ...(ca === undefined ? {} : { ca: [...ca] }) });
  }

  async function open({ url, method, headers, silenceMs }: WireRequest): Promise<ClientRequest> {
    const common = { method, headers, timeout: silenceMs };
    if (url.protocol === 'http:') return requestPlain(url, { ...common, agent: plainAgent(url.host) });
    // TLS comes with a machine's certificates, which take longer to load than most of Gantry.
    const [{ request }, agent] = await Promise.all([import('node:https'), tlsAgent(url.host)]);
    return request(url, { ...common, agent });
  }

  return {
    async send(request) {
      for (;;) {
        request.signal.throwIfAborted();
        const opened = await open(request);
        try {
          return await exchange(opened, request);
        } catch (error) {
          // The server has closed a kept connection in the moment in which it was taken, and seen nothing.
          const isStale = opened.reusedSocket && isReset(error) && !request.signal.aborted;
          if (!isStale || request.body?.kind === 'stream') throw error;
        }
      }
    },
  };
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function exchange(opened: ClientRequest, { body, silenceMs, signal }: WireRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let broken: BrokenSource | undefined;
    let isAnswered = false;
    const fail = (error: unknown) => reject(signal.aborted ? signal.reason : (broken ?? error));
    opened.once('response', (answer) => {
      isAnswered = true;
      // An answer before all was sent, or an error: what is left of the body may never be read, and stands before what comes next.
      const isRefused = body?.kind === 'stream' && (answer.statusCode ?? 0) >= 400;
      if (isRefused || !opened.writableEnded) {
        opened.shouldKeepAlive = false;
        answer.once('close', () => opened.destroy());
      }
      // The caller reads it with an iterator, which sees the error; without a reader it must not end the process.
      answer.on('error', () => {});
      resolve(answer);
    });
    opened.once('timeout', () => opened.destroy(new Silence(silenceMs)));
    opened.on('error', fail);
    // Node's own option for it watches the whole stream, which each of many small requests would pay for.
    const abort = () => opened.destroy(signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    opened.once('close', () => {
      signal.removeEventListener('abort', abort);
      if (!isAnswered) fail(new Silence(0));
    });
    if (body === undefined) opened.end();
    else if (body.kind === 'bytes') opened.end(body.bytes);
    else {
      feed(opened, body.stream, () => isAnswered).catch((error: unknown) => {
        broken = new BrokenSource(error instanceof Error ? error.message : String(error), { cause: error });
        opened.destroy(broken);
      });
    }
  });
}

/** Has the code of the system's own time-out, so that it is treated alike. */
class Silence extends Error {
  readonly code = 'ETIMEDOUT';
  constructor(ms: number) {
    super(ms === 0 ? 'the connection was closed without an answer' : `nothing was heard for ${ms / 1_000} s`);
  }
}

async function feed(
  opened: ClientRequest,
  stream: AsyncIterable<Uint8Array>,
  isAnswered: () => boolean,
): Promise<void> {
  for await (const chunk of stream) {
    if (opened.destroyed || isAnswered()) return;
    if (!opened.write(chunk)) await writable(opened);
  }
  if (!opened.destroyed) opened.end();
}

const ends = ['drain', 'close', 'response'];

function writable(opened: ClientRequest): Promise<void> {
  if (opened.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ends) opened.off(event, done);
      resolve();
    };
    for (const event of ends) opened.once(event, done);
  });
}

/** Rejects when there is more than `limit` bytes: what is read whole here is small by its nature. */
export function readWhole(answer: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (answer.closed) reject(answer.errored ?? new Silence(0));
    const chunks: Uint8Array[] = [];
    let size = 0;
    answer.on('data', (chunk: Uint8Array) => {
      size += chunk.length;
      if (size > limit) answer.destroy(new TooLarge(limit));
      else chunks.push(chunk);
    });
    answer.once('end', () => resolve(Buffer.concat(chunks)));
    answer.once('error', reject);
    answer.once('close', () => {
      if (!answer.readableEnded) reject(new Silence(0));
    });
  });
}

export class TooLarge extends Error {
  override readonly name = 'TooLarge';
  constructor(limit: number) {
    super(`it is larger than ${limit} bytes`);
  }
}
