import { readSome } from './attempts.ts';
import { apiHost, isLoopback } from './names.ts';
import type { Wire } from './wire.ts';

export type BaseOptions = {
  /** As people name it. */
  readonly host: string;
  /** Hosts that may be spoken to in the clear, beside this machine. */
  readonly insecure: readonly string[];
  readonly wire: Wire;
  /** How long a registry may be silent, in ms. */
  readonly silenceMs: number;
};

/** Where a registry is: by TLS, or in the clear where that is allowed. */
export type Base = {
  /** Where it most likely is, as long as nobody knows; a question that changes nothing may go there. */
  guess(): URL | undefined;
  /** It answered there. */
  settle(base: URL): void;
  /** Asks it, where that is not known. */
  find(): Promise<URL>;
};

/**
 * Registries speak TLS. On this machine, and where the person said so, they may not: there it is found out by a question
 * without credentials, which on this machine is the first that anybody has.
 */
export function createBase(options: BaseOptions): Base {
  const { host } = options;
  let found: Promise<URL> | undefined;
  return {
    guess: () => (found === undefined && isLoopback(host) ? plainOf(host) : undefined),
    settle(base) {
      found ??= Promise.resolve(base);
    },
    find() {
      found ??= findBase(options).catch((error: unknown) => {
        found = undefined;
        throw error;
      });
      return found;
    },
  };
}

/** What Go's server and nginx say to plain HTTP on a port of TLS. */
const wantsTls = /HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port/;

async function findBase({ host, insecure, wire, silenceMs }: BaseOptions): Promise<URL> {
  const tls = new URL(`https://${apiHost(host)}`);
  const isLocal = isLoopback(host);
  if (!isLocal && !insecure.includes(host)) return tls;
  const { signal } = new AbortController();
  const ask = async (base: URL) => {
    const url = new URL('/v2/', base);
    const answer = await wire.send({ method: 'GET', url, headers: {}, signal, silenceMs });
    const body = await readSome(answer);
    return answer.statusCode === 400 && wantsTls.test(body.toString('latin1')) ? tls : base;
  };
  const plain = plainOf(host);
  return isLocal ? ask(plain) : ask(tls).catch(() => ask(plain));
}

function plainOf(host: string): URL {
  return new URL(`http://${apiHost(host)}`);
}
