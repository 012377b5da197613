import { Agent, type AgentOptions, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { inspect } from 'node:util';
import type Docker from 'dockerode';
import { addressOf } from './engine-address.ts';
import type { Candidate } from './find-engine.ts';
import type { SshConnections } from './ssh-connections.ts';

export type EngineRequest = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  /** With the API version, except for the ping. */
  readonly path: string;
  /** A list becomes as many parameters. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as a tar archive. */
  readonly upload?: Readable;
  /** For the engine's own requests to a registry: the X-Registry-Auth header. */
  readonly registryAuth?: string;
  readonly signal: AbortSignal;
};

export type Dial = (request: EngineRequest) => Promise<IncomingMessage>;

/** Every status is an answer here; what it means is decided by who asked. */
const statusCodes = Object.fromEntries(
  [200, 201, 202, 204, 301, 304, 400, 401, 403, 404, 405, 406, 409, 500, 501, 503].map((code) => [
    code,
    true,
  ]),
);

/**
 * dockerode's connection to one engine. Its methods are not used: they put a request's body, and so the environment of
 * a container, into the URL as well, do not all take a signal, and parse a log that happens to be JSON.
 */
export async function createDial(engine: Candidate, ssh: () => Promise<SshConnections>): Promise<Dial> {
  // Loading it takes longer than most commands of the CLI, and not all of them need it.
  const { default: Client } = await import('dockerode');
  const options = await optionsFor(engine, ssh);
  const docker = new Client({ ...nothing, ...options });
  // dockerode's types leave this property open; docker-modem declares what it is.
  const modem = docker.modem as { dial: Docker['modem']['dial'] };
  return ({ method, path, query, body, upload, registryAuth, signal }) =>
    new Promise((resolve, reject) => {
      const options = { _query: query ?? {}, _body: body ?? {} };
      const dialled = {
        path: `${path}?`,
        method,
        options,
        file: upload,
        ...(registryAuth === undefined ? {} : { authconfig: { base64: registryAuth } }),
        abortSignal: signal,
        isStream: true,
        statusCodes,
      };
      modem.dial(dialled, (error: unknown, answer: unknown) => {
        if (error) reject(error);
        else if (answer instanceof IncomingMessage) resolve(answer);
        else reject(new Error('the engine gave no answer that can be read'));
      });
    });
}

/** docker-modem takes what is not given from the environment of this process. */
const nothing = {
  ...{ socketPath: undefined, host: undefined, port: undefined, protocol: undefined, username: undefined },
  ...{ ca: undefined, cert: undefined, key: undefined, timeout: undefined },
};

/** Without a name to ask for by TLS, Node finds out whether the host is an address, by a regular expression of 2 ms. */
const plain: AgentOptions & { readonly servername: string } = { servername: '' };

/** dockerode's types do not know that it takes an agent. */
type Options = Docker.DockerOptions & { readonly agent?: Agent };

/** Agents keep no connection, except over ssh: a kept one would fail the first call after the engine's restart. */
async function optionsFor(engine: Candidate, ssh: () => Promise<SshConnections>): Promise<Options> {
  const address = addressOf(engine);
  switch (address.kind) {
    case 'socket':
      return { socketPath: address.socketPath, agent: brief(new Agent(plain)) };
    case 'ssh': {
      // dockerode's own ssh knows neither the person's configuration nor their known hosts.
      return { host: 'engine', port: 80, protocol: 'http', agent: brief((await ssh()).to(address)) };
    }
    case 'tcp': {
      const { host, port, tls } = address;
      if (tls === undefined) return { host, port, protocol: 'http', agent: brief(new Agent(plain)) };
      const { Agent: TlsAgent } = await import('node:https');
      const { rejectUnauthorized, ...keys } = tls;
      const agent = brief(new TlsAgent({ rejectUnauthorized }));
      return { host, port, ...keys, protocol: 'https', agent };
    }
  }
}

/** docker-modem prints every request for its debugger, read or not, down to each socket of the agent: some 10 ms each. */
function brief<T extends Agent>(agent: T): T {
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' });
}
