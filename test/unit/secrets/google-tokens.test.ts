import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createGoogleTokens } from '#main/secrets/google-tokens.ts';

let folder: string;
const keyFile = () => join(folder, 'key.json');
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-google-'));
  const key = {
    type: 'service_account',
    client_email: 'ci@acme.iam.gserviceaccount.com',
    private_key: privateKey,
  };
  writeFileSync(keyFile(), JSON.stringify(key));
  writeFileSync(
    join(folder, 'user.json'),
    JSON.stringify({
      type: 'authorized_user',
      client_id: 'c',
      client_secret: 'cs',
      refresh_token: 'rt-secret',
    }),
  );
  writeFileSync(join(folder, 'broken.json'), '{"private_key": "pk-secret"');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

/** A person's home where only this is; and no machine of Google's is looked for. */
function signedIn(file: string | undefined): void {
  vi.stubEnv('HOME', folder);
  vi.stubEnv('CLOUDSDK_CONFIG', join(folder, 'gcloud'));
  vi.stubEnv('METADATA_SERVER_DETECTION', 'none');
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file === undefined ? undefined : join(folder, file));
}

/** Google's token endpoint, as far as it is asked. */
function endpoint(answer: () => Response) {
  const asked: { readonly url: string; readonly body: string }[] = [];
  const fetch = async (url: string | URL | Request, init?: RequestInit) => {
    asked.push({ url: url instanceof Request ? url.url : String(url), body: String(init?.body) });
    return answer();
  };
  return { fetch, asked };
}

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

test('a service account signs for itself, and its token is kept until it is about to end', async () => {
  const { fetch, asked } = endpoint(() => json(200, { access_token: 'ya29.a', expires_in: 3_600 }));
  const tokens = createGoogleTokens({ fetch });
  expect(await tokens.get(keyFile())).toBe('ya29.a');
  expect(await tokens.get(keyFile())).toBe('ya29.a');
  expect(asked).toHaveLength(1);
  expect(asked[0]?.url).toContain('https://oauth2.googleapis.com/token');
  const assertion = new URLSearchParams(asked[0]?.body).get('assertion') ?? '';
  const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString());
  expect(claims).toMatchObject({
    iss: 'ci@acme.iam.gserviceaccount.com',
    scope: 'https://www.googleapis.com/auth/cloud-platform',
  });
});

test('a key that Google does not take is said, and asked for again the next time', async () => {
  const { fetch, asked } = endpoint(() => json(400, { error: 'invalid_grant', error_description: 'Gone.' }));
  const tokens = createGoogleTokens({ fetch });
  for (const attempt of [1, 2]) {
    await expect(tokens.get(keyFile()), String(attempt)).rejects.toMatchObject({
      code: 'secret-unresolved',
      message: expect.stringContaining('invalid_grant'),
    });
  }
  expect(asked.length).toBeGreaterThanOrEqual(2);
});

test('Google not answering is not the key’s fault', async () => {
  const down = () => {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  };
  await expect(createGoogleTokens({ fetch: down }).get(keyFile())).rejects.toMatchObject({
    code: 'target-unreachable',
  });
});

test.each([['nowhere.json'], ['user.json'], ['broken.json']])(
  '%s is no key file, and nothing of it is repeated',
  async (name) => {
    const error: unknown = await createGoogleTokens()
      .get(join(folder, name))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'secret-unresolved',
      hint: expect.stringContaining('serviceAccountFile'),
    });
    expect(String(error)).not.toContain('secret":');
    expect(JSON.stringify(error)).not.toMatch(/rt-secret|pk-secret/);
  },
);

test('without a key file it is whoever is signed in here', async () => {
  signedIn('user.json');
  const { fetch, asked } = endpoint(() => json(200, { access_token: 'ya29.me', expires_in: 3_600 }));
  expect(await createGoogleTokens({ fetch }).get(undefined)).toBe('ya29.me');
  expect(asked[0]?.body).toContain('rt-secret');
});

test('nobody is signed in: the command that does it', async () => {
  signedIn(undefined);
  await expect(createGoogleTokens().get(undefined)).rejects.toMatchObject({
    code: 'secret-unresolved',
    hint: expect.stringContaining('gcloud auth application-default login'),
  });
});
