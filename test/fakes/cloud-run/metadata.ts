import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Identities } from './identities.ts';

/** The metadata server of a machine at Google: it gives tokens of the machine's service account to whoever asks there. */
export type FakeMetadata = {
  /** Variables with which Google's own library finds it, and no other credentials of this machine. */
  readonly variables: Readonly<Record<string, string>>;
  stop(): Promise<void>;
};

export type MetadataOptions = {
  readonly account: string;
  readonly accessToken: string;
  readonly identities: Identities;
};

/** As cloud.google.com/compute/docs/metadata describes it, as far as tokens go. */
export async function startFakeMetadata({
  account,
  accessToken,
  identities,
}: MetadataOptions): Promise<FakeMetadata> {
  const server = createServer(({ url = '/', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://metadata');
    if (headers['metadata-flavor'] !== 'Google') return void response.writeHead(403).end();
    response.setHeader('metadata-flavor', 'Google');
    const own = '/computeMetadata/v1/instance/service-accounts/default';
    if (pathname === `${own}/token`) {
      const token = { access_token: accessToken, expires_in: 3_599, token_type: 'Bearer' };
      return void response.setHeader('content-type', 'application/json').end(JSON.stringify(token));
    }
    const audience = searchParams.get('audience');
    if (pathname === `${own}/identity` && audience !== null) {
      return void response.setHeader('content-type', 'text/html').end(identities.issue(account, audience));
    }
    response.writeHead(pathname === '/computeMetadata/v1/instance' ? 200 : 404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    variables: {
      GCE_METADATA_HOST: `127.0.0.1:${address.port}`,
      METADATA_SERVER_DETECTION: 'assume-present',
      GOOGLE_APPLICATION_CREDENTIALS: '',
      CLOUDSDK_CONFIG: '/nowhere',
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
