import type { AuthClient, IdTokenProvider } from 'google-auth-library';
import * as z from 'zod';
import type { GoogleIdentity } from '#main/core/ports/google.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { applicationDefault, type ClientOptions, serviceAccount } from './google-clients.ts';
import { isUnanswered, saidBy, unresolved } from './google-failures.ts';

const tokenSchema = z.object({ token: z.string() });
const claimsSchema = z.object({ aud: z.string() });

/** Whoever gives it again and again: the library keeps the token until it is about to end. */
export async function openIdentity(
  wanted: GoogleIdentity,
  clientOptions: ClientOptions,
): Promise<() => Promise<string>> {
  const { IdTokenClient } = await import('./google-library.ts');
  const provider = await providerOf(wanted, clientOptions);
  const { audience } = wanted;
  const fetchIdToken = async () => {
    const token = (await provider.fetchIdToken(audience)).trim();
    // Anything else would be of no use there, or, with a character that no header may have, be repeated in an error.
    if (audienceOf(token) !== audience) throw new Error('what came is not for this audience');
    return token;
  };
  const client = new IdTokenClient({ targetAudience: audience, idTokenProvider: { fetchIdToken } });
  return async () => (await client.getRequestHeaders()).get('authorization')?.replace(/^Bearer /, '') ?? '';
}

async function providerOf(
  { by, impersonate }: GoogleIdentity,
  clientOptions: ClientOptions,
): Promise<IdTokenProvider> {
  const { OAuth2Client, UserRefreshClient } = await import('./google-library.ts');
  if (by === 'application-default') {
    const client = await (await applicationDefault(clientOptions)).getClient();
    if (impersonate !== undefined) return others(client, impersonate);
    // A person's would come for the program that they signed in by, whatever audience was asked for.
    if ('fetchIdToken' in client && !(client instanceof UserRefreshClient)) return client;
    throw noneFor('a person, or for whom another provider signs in');
  }
  if ('accessToken' in by) {
    if (impersonate === undefined) throw noneFor('who has an access token only');
    const client = new OAuth2Client(clientOptions);
    client.setCredentials({ access_token: by.accessToken });
    return others(client, impersonate);
  }
  const client = await serviceAccount(by.keyFile, clientOptions);
  return impersonate === undefined ? client : others(client, impersonate);
}

/**
 * By the IAM Credentials API (cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken).
 * Not by the library's `Impersonated`, which writes a warning to the terminal whenever it is made.
 */
function others(client: AuthClient, account: string): IdTokenProvider {
  const url = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${account}:generateIdToken`;
  return {
    async fetchIdToken(audience) {
      const { data } = await client.request({ url, method: 'POST', data: { audience, includeEmail: true } });
      return tokenSchema.safeParse(data).data?.token ?? '';
    },
  };
}

function noneFor(who: string): GantryError {
  return unresolved(
    `Google gives no identity token for an audience to ${who}.`,
    'Name a service account that may call the service (roles/run.invoker): `invoker: { impersonate: ACCOUNT }` in gantry.yml, of which you may make such tokens (roles/iam.serviceAccountOpenIdTokenCreator), or its key as `serviceAccountFile`.',
  );
}

export function refusedIdentity({ by, impersonate }: GoogleIdentity, error: unknown): GantryError {
  const said = saidBy(error);
  const of = impersonate === undefined ? '' : ` of ${impersonate}`;
  if (isUnanswered(error)) {
    return new GantryError(
      'target-unreachable',
      `Google gave no identity token${of}: ${said}`,
      'Check the connection and try again.',
      { cause: error },
    );
  }
  if (impersonate !== undefined) {
    return unresolved(
      `Google gives no identity token${of}: ${said}`,
      'Whoever asks needs roles/iam.serviceAccountOpenIdTokenCreator on that account, and its project the IAM Service Account Credentials API.',
      error,
    );
  }
  return unresolved(
    `Google gives no identity token: ${said}`,
    by === 'application-default'
      ? 'Run `gcloud auth application-default login --impersonate-service-account ACCOUNT`, or name other `credentials` in gantry.yml.'
      : 'The key may have been deleted or disabled, or the clock of this machine may be wrong.',
    error,
  );
}

/** Undefined for what is no token of that form. Its signature is for who takes it to check. */
function audienceOf(token: string): string | undefined {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token) ?? [];
  if (payload === undefined) return undefined;
  try {
    return claimsSchema.parse(JSON.parse(Buffer.from(payload, 'base64url').toString())).aud;
  } catch {
    return undefined;
  }
}
