import type { GoogleIdentity, GoogleTokens } from '#main/core/ports/google.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { applicationDefault, serviceAccount } from './google-clients.ts';
import { isUnanswered, saidBy, unresolved } from './google-failures.ts';
import { openIdentity, refusedIdentity } from './google-identity.ts';

export type GoogleTokensOptions = {
  /** What Google's library sends its requests by; by itself it finds its own way, a proxy included. */
  readonly fetch?: typeof fetch;
};

type Source = () => Promise<string | null | undefined>;

/**
 * Google's own library knows the many kinds of credentials; it is loaded when the first token is asked for. It keeps a
 * token until it is about to end. Application default credentials are found by the variables of this process.
 */
export function createGoogleTokens({ fetch }: GoogleTokensOptions = {}): GoogleTokens {
  const clientOptions = fetch === undefined ? {} : { transporterOptions: { fetchImplementation: fetch } };
  const sources = new Map<string, Promise<Source>>();

  /** Asks whoever is there, who keeps the token until it is about to end. */
  const ask = async (name: string, open: () => Promise<Source>, refused: (error: unknown) => GantryError) => {
    const opened = sources.get(name) ?? open();
    sources.set(name, opened);
    try {
      const token = await (await opened)();
      if (token) return token;
      throw new Error('no token came');
    } catch (error) {
      // A file that was mended, or a login that was made meanwhile, counts the next time.
      sources.delete(name);
      throw error instanceof GantryError ? error : refused(error);
    }
  };

  const open = async (keyFile: string | undefined): Promise<Source> => {
    if (keyFile === undefined) {
      const auth = await applicationDefault(clientOptions);
      return () => auth.getAccessToken();
    }
    const client = await serviceAccount(keyFile, clientOptions);
    return async () => (await client.getAccessToken()).token;
  };

  return {
    get: (keyFile) =>
      ask(
        `access ${keyFile ?? ''}`,
        () => open(keyFile),
        (error) => refused(keyFile, error),
      ),
    identity: (wanted) =>
      ask(
        `identity ${JSON.stringify(wanted satisfies GoogleIdentity)}`,
        () => openIdentity(wanted, clientOptions),
        (error) => refusedIdentity(wanted, error),
      ),
  };
}

function refused(keyFile: string | undefined, error: unknown): GantryError {
  const said = saidBy(error);
  if (isUnanswered(error)) {
    return new GantryError(
      'target-unreachable',
      `Google gave no access token: ${said}`,
      'Check the connection; gantry.yml may name an accessToken instead.',
      { cause: error },
    );
  }
  return keyFile === undefined
    ? unresolved(
        `There are no application default credentials that Google takes: ${said}`,
        'Run `gcloud auth application-default login`, or name other `credentials` in gantry.yml.',
        error,
      )
    : unresolved(
        `Google does not take the service account of ${keyFile}: ${said}`,
        'The key may have been deleted or disabled, or the clock of this machine may be wrong.',
        error,
      );
}
