import { Agent, type ClientRequest, request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Candidate } from '../find-engine.ts';
import { readTlsKeys } from '../tls-keys.ts';

export type Upgrade = {
  readonly engine: Candidate;
  /** With the API version. */
  readonly path: string;
  /** A list becomes as many lines. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly signal: AbortSignal;
};

/** A connection that has become a plain stream of bytes on both sides. Throws when the engine will not. */
export function dialUpgrade({ engine, path, headers, signal }: Upgrade): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const lines: OutgoingHttpHeaders = { Connection: 'Upgrade', Upgrade: 'h2c' };
    for (const [name, value] of Object.entries(headers)) {
      lines[name] = typeof value === 'string' ? value : [...value];
    }
    const request = open(engine, path, lines);
    const stop = () => request.destroy(new Error('given up'));
    signal.addEventListener('abort', stop, { once: true });
    const settle = () => signal.removeEventListener('abort', stop);
    request.once('upgrade', (_answer, socket: Duplex, head: Buffer) => {
      settle();
      // Without a listener from the first moment, an error of the connection would end the process.
      socket.on('error', () => {});
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.once('response', (answer) => {
      settle();
      request.destroy();
      reject(new Error(`the engine answered ${answer.statusCode} instead of opening a session`));
    });
    request.on('error', (error) => {
      settle();
      reject(error);
    });
    request.end();
  });
}

function open(engine: Candidate, path: string, headers: OutgoingHttpHeaders): ClientRequest {
  const { host, tls } = engine;
  const common = { method: 'POST', path, headers };
  for (const scheme of ['unix://', 'npipe://']) {
    if (!host.startsWith(scheme)) continue;
    return httpRequest({ ...common, socketPath: host.slice(scheme.length), agent: new Agent() });
  }
  const url = new URL(host.includes('://') ? host : `tcp://${host}`);
  if (url.protocol === 'ssh:') throw new Error('an engine over SSH is not dialled here');
  const isTls = tls !== undefined || url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 2376 : 2375) : Number(url.port);
  const place = { ...common, host: url.hostname, port };
  if (!isTls) return httpRequest({ ...place, agent: new Agent() });
  const rejectUnauthorized = tls?.verify ?? true;
  return httpsRequest({ ...place, ...readTlsKeys(tls?.folder), rejectUnauthorized, agent: new TlsAgent() });
}
