import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { unresolved } from './google-failures.ts';

const keyFileSchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
});

export async function readKeyFile(path: string): Promise<z.output<typeof keyFileSchema>> {
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
