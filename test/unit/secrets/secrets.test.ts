import { execFile } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSecrets } from '#main/secrets/secrets.ts';
import { envSnapshotIdSchema } from '#shared/domain/ids.ts';

const run = promisify(execFile);
const id = envSnapshotIdSchema.parse(`e-${'a'.repeat(64)}`);
const otherId = envSnapshotIdSchema.parse(`e-${'b'.repeat(64)}`);

let root: string;
let home: string;
const secretsWith = (env: Record<string, string> = {}) => createSecrets({ home, homeFolder: root, env });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gantry-secrets-'));
  home = join(root, 'home', 'gantry');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the key file', () => {
  it('is made on first use, for its owner only, and leaves no draft behind', () => {
    const secrets = secretsWith();
    secrets.redactor();
    expect(() => statSync(home)).toThrow();
    secrets.fingerprint('x');
    expect(readFileSync(join(home, 'key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    expect(statSync(join(home, 'key')).mode & 0o777).toBe(0o600);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(readdirSync(home)).toEqual(['key']);
  });

  it('is the same for the next process', () => {
    expect(secretsWith().fingerprint('x')).toBe(secretsWith().fingerprint('x'));
  });

  it('is the same for processes that start at once', async () => {
    const module = join(import.meta.dirname, '../../../main/secrets/key-file.ts');
    const code = `const { openKey } = await import(${JSON.stringify(module)}); console.log(openKey(${JSON.stringify(home)}).toString('hex'))`;
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => run(process.execPath, ['--input-type=module', '-e', code])),
    );
    expect(new Set(answers.map(({ stdout }) => stdout.trim())).size).toBe(1);
    expect(readdirSync(home)).toEqual(['key']);
  });

  it.each([0o640, 0o604, 0o660, 0o777])('is refused when others may touch it (mode %o)', (mode) => {
    secretsWith().fingerprint('x');
    chmodSync(join(home, 'key'), mode);
    expect(() => secretsWith().fingerprint('x')).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        hint: expect.stringContaining(`chmod 600 ${home}/key`),
      }),
    );
  });

  it.each(['', 'zz', 'a'.repeat(63)])('that holds no key is refused and left as it is: %j', (text) => {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'key'), text, { mode: 0o600 });
    expect(() => secretsWith().fingerprint('x')).toThrow(expect.objectContaining({ code: 'ledger-corrupt' }));
    expect(readFileSync(join(home, 'key'), 'utf8')).toBe(text);
  });

  it('that cannot be made is one clear error', () => {
    writeFileSync(join(root, 'home'), '');
    expect(() => secretsWith().fingerprint('x')).toThrow(
      expect.objectContaining({ code: 'ledger-read-only', hint: expect.stringContaining('GANTRY_HOME') }),
    );
  });
});

describe('sealing', () => {
  it('gives back what it got, and never the same bytes twice', () => {
    const secrets = secretsWith();
    const plain = 'TOKEN=hunter2 grüße 漢字';
    const sealed = secrets.seal(id, plain);
    expect(secrets.unseal(id, sealed)).toBe(plain);
    expect(secretsWith().unseal(id, sealed)).toBe(plain);
    expect(Buffer.from(sealed).toString('latin1')).not.toContain('hunter2');
    expect(secrets.seal(id, plain)).not.toEqual(sealed);
    expect(secrets.unseal(id, secrets.seal(id, ''))).toBe('');
  });

  it('notices another id, another key, and any changed or missing byte', () => {
    const secrets = secretsWith();
    const sealed = secrets.seal(id, 'value');
    const corrupt = expect.objectContaining({ code: 'ledger-corrupt' });
    expect(() => secrets.unseal(otherId, sealed)).toThrow(corrupt);
    for (let index = 0; index < sealed.length; index++) {
      const changed = Uint8Array.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => secrets.unseal(id, changed)).toThrow(corrupt);
    }
    for (const length of [0, 1, 12, 28, sealed.length - 1]) {
      expect(() => secrets.unseal(id, sealed.slice(0, length))).toThrow(corrupt);
    }
    rmSync(join(home, 'key'));
    expect(() => secretsWith().unseal(id, sealed)).toThrow(corrupt);
  });
});

describe('fingerprints', () => {
  it('tell equal from different, and differ from machine to machine', () => {
    const secrets = secretsWith();
    expect(secrets.fingerprint('a')).toMatch(/^[0-9a-f]{64}$/);
    expect(secrets.fingerprint('a')).toBe(secrets.fingerprint('a'));
    expect(secrets.fingerprint('a')).not.toBe(secrets.fingerprint('b'));
    const elsewhere = createSecrets({ home: join(root, 'other'), homeFolder: root, env: {} });
    expect(elsewhere.fingerprint('a')).not.toBe(secrets.fingerprint('a'));
  });
});

describe('references', () => {
  const resolve = (reference: string, env: Record<string, string> = {}) =>
    secretsWith(env).resolve(reference, root);
  const unresolved = (message: string) => ({
    code: 'secret-unresolved',
    message: expect.stringContaining(message),
  });

  it('are whatever has the scheme, right or wrong', () => {
    const { isReference } = secretsWith();
    expect(['secret://env/A', 'secret://nonsense', 'secret://'].map(isReference)).toEqual([true, true, true]);
    expect(['', 'x secret://env/A', 'Secret://env/A', 'https://env/A'].map(isReference)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('to a variable give its value', async () => {
    expect(await resolve('secret://env/TOKEN', { TOKEN: 'v' })).toBe('v');
  });

  it.each([
    ['not set', {}, 'is not set'],
    ['empty', { TOKEN: '' }, 'is empty'],
  ])('to a variable that is %s are refused', async (_name, env, message) => {
    await expect(resolve('secret://env/TOKEN', env)).rejects.toMatchObject(unresolved(message));
    await expect(resolve('secret://env/toString')).rejects.toMatchObject(unresolved('is not set'));
  });

  it.each([
    ['v\n', 'v'],
    ['v\r\n', 'v'],
    ['v\n\n', 'v\n'],
    [' v ', ' v '],
    ['a\nb', 'a\nb'],
  ])('to a file give what is in it, without the last line break: %j', async (text, value) => {
    writeFileSync(join(root, 'token'), text);
    expect(await resolve('secret://file/token')).toBe(value);
    expect(await resolve(`secret://file/${join(root, 'token')}`)).toBe(value);
  });

  it('of a relative path stay inside the workspace, wherever links lead; absolute ones may go anywhere', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'gantry-outside-'));
    try {
      writeFileSync(join(outside, 'token'), 'v');
      symlinkSync(join(outside, 'token'), join(root, 'link'));
      symlinkSync(outside, join(root, 'folder'));
      for (const path of ['link', 'folder/token', `../${outside.split('/').at(-1)}/token`]) {
        await expect(resolve(`secret://file/${path}`)).rejects.toMatchObject(
          unresolved('leads out of the workspace'),
        );
      }
      expect(await resolve(`secret://file/${outside}/token`)).toBe('v');
      mkdirSync(join(root, '..name'));
      writeFileSync(join(root, '..name', 'token'), 'v');
      expect(await resolve('secret://file/..name/token')).toBe('v');
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it.each([
    ['secret://file/gone', 'does not exist'],
    ['secret://file/folder', 'does not name a file'],
    ['secret://file/empty', 'is empty'],
    ['secret://file/binary', 'not UTF-8'],
    ['secret://file/large', 'larger than 64 KiB'],
    ['secret://file/dev-zero', 'does not name a file'],
    ['secret://vault/x', 'no reference that Gantry knows'],
    ['secret://env/', 'no reference that Gantry knows'],
    ['secret://', 'no reference that Gantry knows'],
  ])('%s is refused by name: %s', async (reference, message) => {
    mkdirSync(join(root, 'folder'));
    writeFileSync(join(root, 'empty'), '\n');
    writeFileSync(join(root, 'binary'), Buffer.from([0xff, 0xfe]));
    writeFileSync(join(root, 'large'), 'x'.repeat(65_537));
    const wanted = reference.includes('dev-zero') ? 'secret://file//dev/zero' : reference;
    await expect(resolve(wanted)).rejects.toMatchObject(unresolved(message));
  });

  it('of exactly 64 KiB are read', async () => {
    writeFileSync(join(root, 'token'), 'x'.repeat(65_536));
    expect(await resolve('secret://file/token')).toHaveLength(65_536);
  });
});
