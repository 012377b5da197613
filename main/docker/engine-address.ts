import type { Candidate } from './find-engine.ts';
import { readTlsKeys, type TlsKeys } from './tls-keys.ts';

/** Where an engine listens. */
export type EngineAddress =
  /** A Unix socket or a Windows pipe. */
  | { readonly kind: 'socket'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: Tls }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      /** Absent: as the person's ssh configuration says. */
      readonly port?: number;
      /** Empty: as the person's ssh configuration says. */
      readonly username: string;
      /** Over there; absent where the docker command finds it. */
      readonly socketPath?: string;
    };

type Tls = TlsKeys & { readonly rejectUnauthorized: boolean };

/** Throws for what is no address. */
export function addressOf({ host, tls }: Candidate): EngineAddress {
  for (const scheme of ['unix://', 'npipe://']) {
    if (host.startsWith(scheme)) return { kind: 'socket', socketPath: host.slice(scheme.length) };
  }
  const url = new URL(host.includes('://') ? host : `tcp://${host}`);
  const port = (other: number) => (url.port === '' ? other : Number(url.port));
  switch (url.protocol) {
    case 'ssh:':
      return sshPlace(url);
    case 'tcp:':
    case 'http:':
    case 'https:': {
      const place = { kind: 'tcp', host: url.hostname } as const;
      if (tls === undefined && url.protocol !== 'https:') return { ...place, port: port(2375) };
      const keys = { ...readTlsKeys(tls?.folder), rejectUnauthorized: tls?.verify ?? true };
      return { ...place, port: port(2376), tls: keys };
    }
    default:
      throw new Error(`${host} is no address of an engine`);
  }
}

/** `ssh://user@host:22/run/docker.sock`. The docker CLI takes no password in it either. */
function sshPlace(url: URL): EngineAddress {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const username = decodeURIComponent(url.username);
  // A shell over there reads the path, and one here what a ProxyCommand makes of host and user; ssh takes what begins
  // with a dash for an option.
  const isPlain = (text: string) => /^(?!-)[\w.:@+~/-]*$/.test(text);
  if (host === '' || ![host, username, url.pathname].every(isPlain)) {
    throw new Error('the address has something in it that ssh or a shell could take for more than a name');
  }
  if (url.password !== '') throw new Error('an ssh address has no password: use a key');
  return {
    kind: 'ssh',
    host,
    username,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.pathname === '' || url.pathname === '/' ? {} : { socketPath: url.pathname }),
  };
}
