import { type Client, createClient } from './client.ts';
import type { RegistryOptions } from './options.ts';
import { usualRetries } from './retry.ts';
import { createWire } from './wire.ts';

const usualSilenceMs = 30_000;

/** One client for each registry, with its connections and tokens. `insecure` are hosts that may be spoken to in the clear. */
export type Clients = (host: string, insecure?: readonly string[]) => Client;

export function createClients(options: Omit<RegistryOptions, 'access' | 'chunkBytes'>): Clients {
  const { credentials, now = Date.now, random = Math.random, retries = usualRetries } = options;
  const { silenceMs = usualSilenceMs } = options;
  const { env, configFolder } = credentials;
  const wire = createWire({ env, certificateFolders: [configFolder, '/etc/docker'] });
  const clients = new Map<string, Client>();
  return (host, insecure = []) => {
    const key = [host, ...[...insecure].sort()].join(' ');
    const known = clients.get(key);
    if (known !== undefined) return known;
    const client = createClient({ host, insecure, wire, credentials, retries, silenceMs, now, random });
    clients.set(key, client);
    return client;
  };
}
