import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
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

describe('an identity token', () => {
  const audience = 'https://shop-abc-ew.a.run.app';
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const jwt = (aud: string, exp = Date.now() / 1_000 + 3_600) =>
    `${part({ alg: 'RS256' })}.${part({ aud, exp: Math.floor(exp) })}.c2ln`;

  test('of a service account’s key is for one audience, and kept until it is about to end', async () => {
    const { fetch, asked } = endpoint(() => json(200, { id_token: jwt(audience) }));
    const tokens = createGoogleTokens({ fetch });
    const wanted = { audience, by: { keyFile: keyFile() } };
    expect(await tokens.identity(wanted)).toBe(jwt(audience));
    await tokens.identity(wanted);
    expect(asked).toHaveLength(1);
    const assertion = new URLSearchParams(asked[0]?.body).get('assertion') ?? '';
    const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ iss: 'ci@acme.iam.gserviceaccount.com', target_audience: audience });
  });

  test.each([
    ['user.json', 'application-default'],
    [undefined, { accessToken: 'ya29.raw' }],
  ] as const)('is not to be had with %s and %j: what to do is said', async (file, by) => {
    signedIn(file);
    const { fetch, asked } = endpoint(() => json(200, { id_token: jwt('the-id-of-gcloud') }));
    const error: unknown = await createGoogleTokens({ fetch })
      .identity({ audience, by })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'secret-unresolved',
      hint: expect.stringMatching(/roles\/run\.invoker.*impersonate: ACCOUNT/),
    });
    expect(JSON.stringify(error)).not.toContain('ya29.raw');
    expect(asked).toEqual([]);
  });

  test.each([
    ['a person', 'application-default', 'ya29.me'],
    ['an access token', { accessToken: 'ya29.raw' }, 'ya29.raw'],
  ] as const)('of another account is asked for by %s', async (_, by, bearer) => {
    signedIn('user.json');
    const asked: { readonly url: string; readonly body: string; readonly by: string | null }[] = [];
    const fetch = async (url: string | URL | Request, init?: RequestInit) => {
      const headers = new Headers(init?.headers);
      asked.push({ url: String(url), body: String(init?.body), by: headers.get('authorization') });
      return String(url).includes('generateIdToken')
        ? json(200, { token: jwt(audience) })
        : json(200, { access_token: 'ya29.me', expires_in: 3_600 });
    };
    const impersonate = 'checks@acme.iam.gserviceaccount.com';
    const token = await createGoogleTokens({ fetch }).identity({ audience, by, impersonate });
    expect(token).toBe(jwt(audience));
    expect(asked.at(-1)).toMatchObject({
      url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${impersonate}:generateIdToken`,
      by: `Bearer ${bearer}`,
    });
    expect(JSON.parse(asked.at(-1)?.body ?? '')).toMatchObject({ audience, includeEmail: true });
  });

  test('of an account that is not theirs to be: which role that takes', async () => {
    const { fetch } = endpoint(() => json(403, { error: { code: 403, message: 'Permission denied.' } }));
    const wanted = { audience, by: { accessToken: 'ya29.raw' }, impersonate: 'a@b.iam.gserviceaccount.com' };
    await expect(createGoogleTokens({ fetch }).identity(wanted)).rejects.toMatchObject({
      code: 'secret-unresolved',
      message: expect.stringContaining('Permission denied.'),
      hint: expect.stringContaining('roles/iam.serviceAccountOpenIdTokenCreator'),
    });
  });

  test.each([
    ['for another audience', jwt('https://other.run.app')],
    ['that no header may have', `${jwt(audience).slice(0, -4)}\n${'x'.repeat(9)}`],
    ['that is none', 'ya29.s3cret'],
  ])('%s is not sent anywhere, and not repeated', async (_, token) => {
    const { fetch } = endpoint(() => json(200, { id_token: token }));
    const error: unknown = await createGoogleTokens({ fetch })
      .identity({ audience, by: { keyFile: keyFile() } })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'secret-unresolved' });
    for (const said of token.split('.').slice(1)) expect(String(error)).not.toContain(said);
  });
});

test('nobody is signed in: the command that does it', async () => {
  signedIn(undefined);
  await expect(createGoogleTokens().get(undefined)).rejects.toMatchObject({
    code: 'secret-unresolved',
    hint: expect.stringContaining('gcloud auth application-default login'),
  });
});
