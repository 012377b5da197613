import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { type CredentialOptions, type Credentials, findCredentials } from '../credentials.ts';
import { untilAborted } from './aborts.ts';
import { type Challenge, covers, mergeScopes, readChallenge } from './challenge.ts';
import { loginHint, readRefusal, refused, unreachable } from './failures.ts';
import { apiHost } from './names.ts';
import { readWhole, type WireRequest } from './wire.ts';

/** Says to one registry who asks. Tokens are kept as long as they hold. */
export type Authorizer = {
  /** The Authorization header; `undefined` as long as the registry has not asked for one, or there is none to give. */
  header(scopes: readonly string[], signal: AbortSignal): Promise<string | undefined>;
  /** Takes note of an answer of 401 to a request with this header. */
  learn(answer: IncomingMessage, scopes: readonly string[], header: string | undefined): void;
};

export type AuthorizerOptions = {
  /** As people name it. */
  readonly host: string;
  readonly credentials: CredentialOptions;
  readonly now: () => number;
  /** Repeats what can be repeated. Throws for a place that may not be asked, and where no answer comes. */
  ask(request: Omit<WireRequest, 'silenceMs'>): Promise<IncomingMessage>;
};

type Bearer = Extract<Challenge, { kind: 'bearer' }>;
type Token = { readonly value: string; readonly scopes: readonly string[]; readonly until: number };

/** The token specification's own figure for answers that do not say. */
const usualLifeMs = 60_000;
/** A token that ends on the way is of no use. */
const lifeToUse = 0.8;
const tokenLimit = 1024 * 1024;
/** A credential helper that asks the person something has most of it. */
const fetchWithinMs = 90_000;

export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { now } = options;
  let challenge: Challenge | undefined;
  let basic: Promise<string | undefined> | undefined;
  let tokens: readonly Token[] = [];
  const underWay = new Map<string, Promise<Token>>();
  /** What the registry asked for, beyond what the request seemed to need. */
  const alsoAsked = new Map<string, readonly string[]>();

  async function token(bearer: Bearer, scopes: readonly string[]): Promise<string> {
    const needed = mergeScopes([...scopes, ...(alsoAsked.get(scopes.join(' ')) ?? [])]);
    const known = tokens.find((one) => one.until > now() && covers(one.scopes, needed));
    if (known !== undefined) return known.value;
    const key = needed.join(' ');
    // Several requests start at once, and one token serves them all.
    const fetching =
      underWay.get(key) ?? fetchToken(options, bearer, needed).finally(() => underWay.delete(key));
    underWay.set(key, fetching);
    const fetched = await fetching;
    tokens = [...tokens.filter((one) => one.until > now() && one !== fetched), fetched];
    return fetched.value;
  }

  async function headerFor(scopes: readonly string[]): Promise<string | undefined> {
    switch (challenge?.kind) {
      case undefined:
        return undefined;
      case 'basic':
        basic ??= basicHeader(options).catch((error: unknown) => {
          basic = undefined;
          throw error;
        });
        return basic;
      case 'bearer':
        return `Bearer ${await token(challenge, scopes)}`;
    }
  }

  return {
    async header(scopes, signal) {
      return challenge === undefined ? undefined : untilAborted(headerFor(scopes), signal);
    },
    learn(answer, scopes, header) {
      challenge = readChallenge(answer.headersDistinct['www-authenticate'] ?? []);
      if (challenge?.kind === 'bearer') alsoAsked.set(scopes.join(' '), challenge.scopes);
      basic = undefined;
      tokens = tokens.filter(({ value }) => `Bearer ${value}` !== header);
    },
  };
}

async function basicHeader(options: AuthorizerOptions): Promise<string | undefined> {
  const found = await credentialsOf(options);
  return found.username === '' ? undefined : basicOf(found);
}

function basicOf({ username, secret }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`;
}

/** The words of the credentials' reader have no secret in them. */
async function credentialsOf({ host, credentials }: AuthorizerOptions): Promise<Credentials> {
  try {
    return await findCredentials(apiHost(host), credentials);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refused(`The credentials for the registry ${host} cannot be read: ${why}.`, loginHint(host), error);
  }
}

const tokenSchema = z.object({
  token: z.string().min(1).nullish(),
  access_token: z.string().min(1).nullish(),
  expires_in: z.number().positive().nullish(),
});

/** The token server of the distribution project: GET with a password, POST with an identity token (OAuth 2). */
async function fetchToken(
  options: AuthorizerOptions,
  bearer: Bearer,
  scopes: readonly string[],
): Promise<Token> {
  const { host, now } = options;
  const found = await credentialsOf(options);
  const url = realmOf(host, bearer);
  const signal = AbortSignal.timeout(fetchWithinMs);
  const isIdentity = found.username === '' && found.secret !== '';
  const request = isIdentity
    ? byIdentity(url, bearer, scopes, found.secret)
    : byPassword(url, bearer, scopes, found);
  const { answer, body } = await asked(options, { ...request, signal });
  const status = answer.statusCode ?? 0;
  if (status !== 200) throw noToken(host, url, status, readRefusal(body).said, found);
  const read = tokenSchema.safeParse(jsonOf(body)).data;
  const value = read?.token ?? read?.access_token;
  if (!value) {
    throw refused(
      `The token server of the registry ${host} gave an answer without a token.`,
      loginHint(host),
    );
  }
  const lifeMs = read?.expires_in ? read.expires_in * 1_000 : usualLifeMs;
  return { value, scopes, until: now() + lifeMs * lifeToUse };
}

async function asked({ host, ask }: AuthorizerOptions, request: Omit<WireRequest, 'silenceMs'>) {
  try {
    const answer = await ask(request);
    return { answer, body: await readWhole(answer, tokenLimit) };
  } catch (error) {
    // Nobody has cancelled anything.
    if (!request.signal.aborted) throw error;
    throw unreachable(host, `its token server ${request.url.host} takes too long`);
  }
}

function realmOf(host: string, { realm }: Bearer): URL {
  if (URL.canParse(realm)) return new URL(realm);
  throw refused(
    `The registry ${host} names a token server that is no address.`,
    'Ask who runs the registry: its WWW-Authenticate header is wrong.',
  );
}

function byPassword(
  realm: URL,
  { service }: Bearer,
  scopes: readonly string[],
  found: Credentials,
): Pick<WireRequest, 'method' | 'url' | 'headers'> {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (found.username === '') return { method: 'GET', url, headers: {} };
  url.searchParams.set('account', found.username);
  return { method: 'GET', url, headers: { authorization: basicOf(found) } };
}

function byIdentity(
  url: URL,
  { service }: Bearer,
  scopes: readonly string[],
  identityToken: string,
): Pick<WireRequest, 'method' | 'url' | 'headers' | 'body'> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'gantry',
    refresh_token: identityToken,
    scope: scopes.join(' '),
    ...(service === undefined ? {} : { service }),
  });
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: { kind: 'bytes', bytes: Buffer.from(form.toString()) },
  };
}

function noToken(host: string, url: URL, status: number, said: string, found: Credentials) {
  const words = said === '' ? '' : `: ${said}`;
  const isAnonymous = found.username === '' && found.secret === '';
  if (status >= 500 || status === 429) {
    return unreachable(host, `its token server ${url.host} answered ${status}${words}`);
  }
  const who = isAnonymous ? 'nobody who is not logged in' : 'not the credentials that this machine has';
  return refused(`The registry ${host} accepts ${who}${words}.`, loginHint(host));
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
