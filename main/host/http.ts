import { request as requestHttp } from 'node:http';
import type { Http, HttpAnswer } from '#main/core/ports.ts';

const bodyLimit = 64 * 1024;

/** A new connection for each request: a kept one may lead to the container that was just replaced. */
export function createHttp(): Http {
  return {
    async get(url, { signal, timeoutMs }) {
      signal.throwIfAborted();
      const { protocol } = new URL(url);
      if (protocol !== 'http:' && protocol !== 'https:') throw new Error(`${url} is not an http address`);
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        return await get(url, protocol, AbortSignal.any([signal, deadline]));
      } catch (error) {
        signal.throwIfAborted();
        // Not a TimeoutError: callers take that for a cancelled run.
        if (deadline.aborted) throw new Error(`no answer within ${timeoutMs} ms`, { cause: error });
        throw error;
      }
    },
  };
}

async function get(url: string, protocol: 'http:' | 'https:', signal: AbortSignal): Promise<HttpAnswer> {
  // TLS comes with a machine's certificates, which take longer to load than most of Gantry.
  const request = protocol === 'https:' ? (await import('node:https')).request : requestHttp;
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const options = { signal, agent: false, headers: { accept: '*/*', 'user-agent': 'gantry' } };
    const asked = request(url, options, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const done = () => {
        const durationMs = Math.round(performance.now() - began);
        resolve({ status: answer.statusCode ?? 0, body: textOf(chunks), durationMs });
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
    asked.end();
  });
}

function textOf(chunks: readonly Buffer[]): string {
  const body = Buffer.concat(chunks).subarray(0, bodyLimit);
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
