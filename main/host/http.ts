import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import type { Http, HttpAnswer, HttpRequest } from '#main/core/ports.ts';

const getBodyLimit = 64 * 1024;
/** A list of revisions or deploys; more than any answer that a target needs. */
const sendBodyLimit = 8 * 1024 * 1024;

/** A new connection for each request: a kept one may lead to the container that was just replaced. */
export function createHttp(): Http {
  return {
    get: (url, { signal, timeoutMs }) => ask({ method: 'GET', url, signal, timeoutMs }, getBodyLimit),
    send: (request) => ask(request, sendBodyLimit),
  };
}

async function ask(request: HttpRequest, bodyLimit: number): Promise<HttpAnswer> {
  const { signal, timeoutMs } = request;
  signal.throwIfAborted();
  const { protocol } = addressOf(request.url);
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error('that is not an http address');
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return await exchange({ ...request, signal: AbortSignal.any([signal, deadline]) }, protocol, bodyLimit);
  } catch (error) {
    signal.throwIfAborted();
    // Not a TimeoutError: callers take that for a cancelled run.
    if (deadline.aborted) throw new Error(`no answer within ${timeoutMs} ms`, { cause: error });
    throw error;
  }
}

function addressOf(url: string): URL {
  // The built-in error carries the text, which may be a secret.
  const address = URL.parse(url);
  if (address === null) throw new Error('that is not an address');
  return address;
}

async function exchange(
  { method, url, headers, body, signal }: HttpRequest,
  protocol: 'http:' | 'https:',
  bodyLimit: number,
): Promise<HttpAnswer> {
  // TLS comes with a machine's certificates, which take longer to load than most of Gantry.
  const request = protocol === 'https:' ? (await import('node:https')).request : requestHttp;
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const sent = { accept: '*/*', 'user-agent': 'gantry', ...headers, ...lengthOf(body) };
    const asked = request(url, { method, signal, agent: false, headers: sent }, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const done = () => {
        const durationMs = Math.round(performance.now() - began);
        const text = textOf(chunks, bodyLimit);
        resolve({ status: answer.statusCode ?? 0, headers: joined(answer.headers), body: text, durationMs });
      };
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size < bodyLimit) return;
        done();
        answer.destroy();
      });
      answer.on('end', done);
      answer.on('error', reject);
    });
    asked.on('error', (error) => reject(readable(error)));
    asked.end(body);
  });
}

function lengthOf(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

function joined(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

function textOf(chunks: readonly Buffer[], limit: number): string {
  const body = Buffer.concat(chunks).subarray(0, limit);
  // `stream` leaves out a character that the cut halved.
  return new TextDecoder().decode(body, { stream: true });
}

/** With several addresses Node's error has an empty message and the reasons inside. */
function readable(error: Error): Error {
  if (error.message !== '' || !(error instanceof AggregateError)) return error;
  const reasons = error.errors.map((reason) => (reason instanceof Error ? reason.message : String(reason)));
  return Object.assign(new Error(reasons.join('; '), { cause: error }), { code: codeOf(error) });
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}
