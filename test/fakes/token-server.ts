import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { pemOf, selfSigned } from './self-signed.ts';

export type TokenServerOptions = {
  readonly username: string;
  readonly password: string;
  /** Given in place of a password, it serves as well. */
  readonly identityToken?: string;
  /** How long a token is good for, in s. */
  readonly lifeS?: number;
};

/** A token server as the distribution project specifies it, whose tokens a real registry accepts. */
export type TokenServer = {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** PEM. */
  readonly certificate: string;
  /** The scopes of every token it gave. */
  readonly given: readonly (readonly string[])[];
  /** How often somebody came with the wrong password or none. */
  readonly refusals: () => number;
  stop(): Promise<void>;
};

type Asked = { readonly scopes: readonly string[]; readonly isKnown: boolean };

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { lifeS = 300 } = options;
  const [service, issuer] = ['gantry-test-registry', 'gantry-test-tokens'];
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = selfSigned(issuer, keys);
  const der = certificate.toString('base64');
  const given: (readonly string[])[] = [];
  let refusals = 0;

  function tokenFor(scopes: readonly string[]): string {
    const now = Math.floor(Date.now() / 1_000);
    const access = scopes.map((scope) => {
      const [type, ...rest] = scope.split(':');
      return { type, name: rest.slice(0, -1).join(':'), actions: (rest.at(-1) ?? '').split(',') };
    });
    const times = { iat: now, nbf: now - 10, exp: now + lifeS };
    const claims = { iss: issuer, sub: options.username, aud: service, jti: randomUUID(), access, ...times };
    const signed = `${base64url({ typ: 'JWT', alg: 'ES256', x5c: [der] })}.${base64url(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), {
      key: keys.privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    return `${signed}.${signature.toString('base64url')}`;
  }

  const server = createServer(async (request, answer) => {
    const { scopes, isKnown } = await read(request, options);
    if (!isKnown) {
      refusals += 1;
      answer
        .writeHead(401)
        .end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'wrong password' }] }));
      return;
    }
    given.push(scopes);
    answer.setHeader('content-type', 'application/json');
    answer.end(JSON.stringify({ token: tokenFor(scopes), expires_in: lifeS }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    realm: `http://127.0.0.1:${address.port}/token`,
    service,
    issuer,
    certificate: pemOf(certificate),
    given,
    refusals: () => refusals,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function read(request: IncomingMessage, options: TokenServerOptions): Promise<Asked> {
  const { username, password, identityToken } = options;
  if (request.method === 'POST') {
    const form = new URLSearchParams(await text(request));
    const isKnown = identityToken !== undefined && form.get('refresh_token') === identityToken;
    return { scopes: (form.get('scope') ?? '').split(' ').filter(Boolean), isKnown };
  }
  const url = new URL(request.url ?? '', 'http://token');
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return { scopes: url.searchParams.getAll('scope'), isKnown: request.headers.authorization === basic };
}
