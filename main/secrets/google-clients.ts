import type { GoogleAuth, JWT } from 'google-auth-library';
import { readKeyFile } from './google-key-file.ts';

export type ClientOptions = { readonly transporterOptions?: { readonly fetchImplementation: typeof fetch } };

/** What Cloud Run's API asks for; what may be done with it is said by roles. */
const scopes = ['https://www.googleapis.com/auth/cloud-platform'];

/** Whoever the machine says that they are. */
export async function applicationDefault(clientOptions: ClientOptions): Promise<GoogleAuth> {
  const { GoogleAuth } = await import('./google-library.ts');
  // Without a project it would run gcloud and ask the metadata server for one, which no token needs.
  return new GoogleAuth({ scopes, clientOptions, projectId: 'not-asked-for' });
}

/** A service account by its key. Throws `secret-unresolved`. */
export async function serviceAccount(keyFile: string, clientOptions: ClientOptions): Promise<JWT> {
  const { JWT } = await import('./google-library.ts');
  const { client_email, private_key } = await readKeyFile(keyFile);
  return new JWT({ ...clientOptions, email: client_email, key: private_key, scopes });
}
