import { Agent, type ClientRequest, request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { addressOf } from './engine-address.ts';
import type { Candidate } from './find-engine.ts';

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
      reject(new Error(`the engine answered ${answer.statusCode} to ${path.replace(/^\/v[\d.]+/, '')}`));
    });
    request.on('error', (error) => {
      settle();
      reject(error);
    });
    request.end();
  });
}

function open(engine: Candidate, path: string, headers: OutgoingHttpHeaders): ClientRequest {
  const address = addressOf(engine);
  const common = { method: 'POST', path, headers };
  switch (address.kind) {
    case 'socket':
      return httpRequest({ ...common, socketPath: address.socketPath, agent: new Agent() });
    case 'ssh':
      throw new Error('an engine over SSH is not dialled here');
    case 'tcp': {
      const { host, port, tls } = address;
      if (tls === undefined) return httpRequest({ ...common, host, port, agent: new Agent() });
      return httpsRequest({ ...common, host, port, ...tls, agent: new TlsAgent() });
    }
  }
}
