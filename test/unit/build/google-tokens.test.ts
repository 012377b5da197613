import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type OutputChunk, rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliBundle } from '../../../build/bundles.ts';

const root = resolve(import.meta.dirname, '../../..');
const execute = promisify(execFile);
let folder: string;
let chunks: readonly OutputChunk[];

/** What gives Google's access tokens, bundled as the CLI is. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-bundle-'));
  const { input, output } = cliBundle(root);
  const entry = { tokens: join(root, 'main/secrets/google-tokens.ts') };
  const bundle = await rolldown({ ...input, input: entry });
  const written = await bundle.write({ ...output, dir: folder, entryFileNames: '[name].cjs' });
  await bundle.close();
  chunks = written.output.filter((file) => file.type === 'chunk');
});
afterAll(() => rm(folder, { recursive: true }));

test('Google’s library is in no chunk that is loaded before a token is asked for', () => {
  const early = new Set<string>();
  const visit = (name: string) => {
    const chunk = chunks.find(({ fileName }) => fileName === name);
    if (chunk === undefined || early.has(name)) return;
    early.add(name);
    for (const imported of chunk.imports) visit(imported);
  };
  visit('tokens.cjs');
  const google = chunks.filter(({ moduleIds }) =>
    moduleIds.some((id) => /google-auth-library|gaxios/.test(id)),
  );
  expect(google.length).toBeGreaterThan(0);
  expect(google.filter(({ fileName }) => early.has(fileName))).toEqual([]);
});

test('bundled, it signs in', async () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const key = { type: 'service_account', client_email: 'ci@acme.example', private_key: privateKey };
  await writeFile(join(folder, 'key.json'), JSON.stringify(key));
  const script = `
    const { createGoogleTokens } = await import(${JSON.stringify(pathToFileURL(join(folder, 'tokens.cjs')).href)});
    const answer = { access_token: 'ya29.bundled', expires_in: 3600 };
    const fetch = async () => Response.json(answer);
    console.log(await createGoogleTokens({ fetch }).get(${JSON.stringify(join(folder, 'key.json'))}));`;
  const argv = ['--input-type=module', '-e', script];
  const { stdout } = await execute(process.execPath, argv, { env: { PATH: process.env.PATH } });
  expect(stdout.trim()).toBe('ya29.bundled');
});
