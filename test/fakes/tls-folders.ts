import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pemOf, selfSigned } from './self-signed.ts';

export type TlsFolders = { readonly server: string; readonly client: string; readonly stranger: string };

/**
 * Folders of ca.pem, cert.pem and key.pem for an engine on 127.0.0.1 and those who talk to it: each trusts the other's
 * own certificate. Nobody trusts the stranger's.
 */
export function makeTlsFolders(folder: string): TlsFolders {
  const [server, client, stranger] = ['server', 'client', 'stranger'].map((name) => {
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return {
      folder: join(folder, name),
      cert: pemOf(selfSigned(`gantry-${name}`, keys)),
      key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
  }) as [Party, Party, Party]; // As many as names.
  write(server, client.cert);
  write(client, server.cert);
  write(stranger, server.cert);
  return { server: server.folder, client: client.folder, stranger: stranger.folder };
}

type Party = { readonly folder: string; readonly cert: string; readonly key: string };

function write({ folder, cert, key }: Party, trusted: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'ca.pem'), trusted);
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
}
