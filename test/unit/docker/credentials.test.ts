import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findCredentials } from '#main/docker/credentials.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-credentials-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');
const hub = 'https://index.docker.io/v1/';

function configure(config: unknown): void {
  writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
}

function addHelper(name: string, script: string): void {
  writeFileSync(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, `docker-credential-${name}`), 0o755);
}

const find = (host: string, env: Record<string, string> = {}) =>
  findCredentials(host, { env: { PATH: `${folder}:/usr/bin:/bin`, ...env }, configFolder: folder });

const nobody = { username: '', secret: '' };

describe('credentials', () => {
  test('are nobody’s without a file, or for another registry', async () => {
    expect(await find('r.example')).toEqual(nobody);
    configure({ auths: { 'other.example': { auth: base64('u:p') } } });
    expect(await find('r.example')).toEqual(nobody);
  });

  test.each([
    ['r.example:5000', 'r.example:5000'],
    ['https://r.example/v2/', 'r.example'],
    [hub, 'registry-1.docker.io'],
    [hub, 'docker.io'],
  ])('of %s serve %s', async (key, host) => {
    configure({ auths: { [key]: { auth: base64('u:p:q') } } });
    expect(await find(host)).toEqual({ username: 'u', secret: 'p:q' });
  });

  test('an identity token goes without a name', async () => {
    configure({ auths: { 'r.example': { auth: base64('u:'), identitytoken: 'token' } } });
    expect(await find('r.example')).toEqual({ username: '', secret: 'token' });
  });

  test('the variable, the helper of the host, the store, the file: in this order', async () => {
    addHelper('one', 'read url; printf \'{"ServerURL":"%s","Username":"one","Secret":"%s"}\' "$url" "$url"');
    addHelper('store', 'echo \'{"ServerURL":"","Username":"<token>","Secret":"store"}\'');
    configure({
      credHelpers: { 'one.example': 'one' },
      credsStore: 'store',
      auths: { 'one.example': { auth: base64('file:file') } },
    });
    expect(await find('one.example')).toEqual({ username: 'one', secret: 'one.example' });
    expect(await find('two.example')).toEqual({ username: '', secret: 'store' });
    const DOCKER_AUTH_CONFIG = JSON.stringify({ auths: { 'two.example': { auth: base64('v:v') } } });
    expect(await find('two.example', { DOCKER_AUTH_CONFIG })).toEqual({ username: 'v', secret: 'v' });
  });

  test('not logged in is no failure, and a failure says nothing of what the helper said', async () => {
    addHelper('none', 'echo "credentials not found in native keychain"; exit 1');
    addHelper('bad', 'echo "s3cret"; exit 3');
    configure({
      credHelpers: { 'a.example': 'none', 'b.example': 'bad', 'c.example': 'missing', 'd.example': '../x' },
    });
    expect(await find('a.example')).toEqual(nobody);
    await expect(find('b.example')).rejects.toThrow('docker-credential-bad failed with exit code 3');
    await expect(find('c.example')).rejects.toThrow('cannot be run');
    await expect(find('d.example')).rejects.toThrow('credential helper that is none');
  });

  test('a broken file is an error without its words', async () => {
    configure('{"auths": s3cret');
    await expect(find('a.example')).rejects.toThrow(`${join(folder, 'config.json')} is not valid`);
  });
});
