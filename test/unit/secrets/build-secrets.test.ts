import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSecrets } from '#main/secrets/secrets.ts';
import type { BuildSecret } from '#shared/domain/build-config.ts';

let root: string;
let folder: string;
let homeFolder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gantry-build-secrets-'));
  folder = join(root, 'workspace');
  homeFolder = join(root, 'ada');
  mkdirSync(folder);
  mkdirSync(homeFolder);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const secretsWith = (env: Record<string, string> = {}) =>
  createSecrets({ home: join(root, 'gantry'), homeFolder, env });
const unresolved = (message: string) => ({
  code: 'secret-unresolved',
  message: expect.stringContaining(message),
});

describe('a build secret', () => {
  const read = async (source: BuildSecret, env?: Record<string, string>) =>
    Buffer.from(await secretsWith(env).readBuildSecret(source, folder));

  it('of a file is its bytes, the last line break and all', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0x0a]);
    writeFileSync(join(folder, 'key'), bytes);
    expect(await read({ file: 'key' })).toEqual(bytes);
    expect(await read({ file: join(folder, 'key') })).toEqual(bytes);
  });

  it('of a file below ~ is in the home folder', async () => {
    writeFileSync(join(homeFolder, '.npmrc'), 'token');
    expect(String(await read({ file: '~/.npmrc' }))).toBe('token');
    await expect(read({ file: '~root/.npmrc' })).rejects.toMatchObject(
      unresolved('~root/.npmrc names a file that does not exist'),
    );
  });

  it('of a relative file stays inside the workspace, wherever links lead', async () => {
    writeFileSync(join(root, 'outside'), 'token');
    symlinkSync(join(root, 'outside'), join(folder, 'link'));
    for (const file of ['link', '../outside']) {
      await expect(read({ file })).rejects.toMatchObject(unresolved(`${file} leads out of the workspace`));
    }
  });

  it('of a variable, or of a reference, is its value', async () => {
    writeFileSync(join(folder, 'token'), 'from a file\n');
    expect(String(await read({ env: 'TOKEN' }, { TOKEN: 'v' }))).toBe('v');
    expect(String(await read({ secret: 'secret://env/TOKEN' }, { TOKEN: 'v' }))).toBe('v');
    expect(String(await read({ secret: 'secret://file/token' }))).toBe('from a file');
  });

  it.each<[BuildSecret, string]>([
    [{ file: 'gone' }, 'gone names a file that does not exist'],
    [{ file: 'empty' }, 'empty names a file that is empty'],
    [{ file: 'large' }, 'large names a file larger than 500 KiB'],
    [{ file: '.' }, '. does not name a file'],
    [{ file: 'pipe' }, 'pipe does not name a file'],
    [{ env: 'TOKEN' }, 'TOKEN names a variable that is not set'],
    [{ env: 'NONE' }, 'NONE names a variable that is empty'],
    [{ secret: 'secret://vault/x' }, 'secret://vault/x is no reference'],
  ])('%j is refused by name', async (source, message) => {
    writeFileSync(join(folder, 'empty'), '');
    writeFileSync(join(folder, 'large'), Buffer.alloc(500 * 1024 + 1));
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'pipe')]);
    await expect(read(source, { NONE: '' })).rejects.toMatchObject(unresolved(message));
  });

  it('of exactly 500 KiB is read', async () => {
    writeFileSync(join(folder, 'large'), Buffer.alloc(500 * 1024));
    expect(await read({ file: 'large' })).toHaveLength(500 * 1024);
  });
});

describe('an SSH agent', () => {
  let server: Server;
  let socket: string;
  beforeEach(async () => {
    socket = join(homeFolder, 'agent.sock');
    server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
  });
  afterEach(() => server.close());

  it('is the person’s own, or the one that is named', async () => {
    expect(await secretsWith({ SSH_AUTH_SOCK: socket }).sshAgent('agent', folder)).toBe(socket);
    expect(await secretsWith().sshAgent('~/agent.sock', folder)).toBe(socket);
    expect(await secretsWith().sshAgent('../ada/agent.sock', folder)).toBe(socket);
  });

  it.each<[string, Record<string, string>, string]>([
    ['agent', {}, 'SSH_AUTH_SOCK is not set'],
    [
      'agent',
      { SSH_AUTH_SOCK: '/nowhere/agent' },
      'SSH_AUTH_SOCK names /nowhere/agent, which does not exist',
    ],
    ['/etc/passwd', {}, '/etc/passwd names /etc/passwd, which is no socket'],
  ])('%s is refused where none listens: %j', async (written, env, message) => {
    await expect(secretsWith(env).sshAgent(written, folder)).rejects.toMatchObject(unresolved(message));
  });
});
