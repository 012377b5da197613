import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { GoogleTokens } from '#main/core/ports/google.ts';
import { GantryError } from '#shared/domain/errors.ts';

export type GoogleTokensOptions = {
  /** What Google's library sends its requests by; by itself it finds its own way, a proxy included. */
  readonly fetch?: typeof fetch;
};

/** What Cloud Run's API asks for; what may be done with it is said by roles. */
const scopes = ['https://www.googleapis.com/auth/cloud-platform'];

const keyFileSchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
});

type Source = () => Promise<string | null | undefined>;

/**
 * Google's own library knows the many kinds of credentials; it is loaded when the first token is asked for. It keeps a
 * token until it is about to end. Application default credentials are found by the variables of this process.
 */
export function createGoogleTokens({ fetch }: GoogleTokensOptions = {}): GoogleTokens {
  const clientOptions = fetch === undefined ? {} : { transporterOptions: { fetchImplementation: fetch } };
  const sources = new Map<string, Promise<Source>>();

  const open = async (keyFile: string | undefined): Promise<Source> => {
    const { GoogleAuth, JWT } = await import('google-auth-library');
    if (keyFile === undefined) {
      // Without a project it would run gcloud and ask the metadata server for one, which no token needs.
      const auth = new GoogleAuth({ scopes, clientOptions, projectId: 'not-asked-for' });
      return () => auth.getAccessToken();
    }
    const { client_email, private_key } = await readKeyFile(keyFile);
    const client = new JWT({ ...clientOptions, email: client_email, key: private_key, scopes });
    return async () => (await client.getAccessToken()).token;
  };

  return {
    async get(keyFile) {
      const name = keyFile ?? '';
      const opened = sources.get(name) ?? open(keyFile);
      sources.set(name, opened);
      try {
        const token = await (await opened)();
        if (token) return token;
        throw new Error('no token came');
      } catch (error) {
        // A file that was mended, or a login that was made meanwhile, counts the next time.
        sources.delete(name);
        throw error instanceof GantryError ? error : refused(keyFile, error);
      }
    },
  };
}

async function readKeyFile(path: string): Promise<z.output<typeof keyFileSchema>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw unresolved(`The service account file ${path} cannot be read.`, keyFileHint, error);
  }
  const parsed = keyFileSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw unresolved(`${path} is no key of a service account.`, keyFileHint);
}

const keyFileHint =
  'credentials.serviceAccountFile names the JSON that `gcloud iam service-accounts keys create` wrote.';

/** Nothing of what it is about is repeated: it holds a private key. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(keyFile: string | undefined, error: unknown): GantryError {
  const said = error instanceof Error ? error.message.split('\n')[0] : String(error);
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

/** No answer, or one that says to come again. */
function isUnanswered(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, status, response } = error as { code?: unknown; status?: unknown; response?: unknown };
  const answered = typeof status === 'number' ? status : undefined;
  if (answered !== undefined) return answered >= 500 || answered === 429;
  return response === undefined && typeof code === 'string' && /^(E[A-Z]+|UND_ERR_\w+)$/.test(code);
}

function unresolved(message: string, hint: string, cause?: unknown): GantryError {
  return new GantryError('secret-unresolved', message, hint, cause === undefined ? {} : { cause });
}
