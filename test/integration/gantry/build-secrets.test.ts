import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { homedir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testEngine } from '#test/engine/for-tests.ts';
import { createGantryWorld, type GantryWorld, untilEnded, untilPrinted } from '#test/gantry-process.ts';
import { describeBuild, releaseRef } from './describe-build.ts';

describe('secrets and agents', () => {
  const secrets = { file: 'file-secret-4711', env: 'env-secret-4712', reference: 'reference-secret-4713' };
  let world: GantryWorld;
  let agent: Server;
  /** Below the home folder, because `~` is how it is written. */
  let inHome: string;

  beforeAll(async () => {
    const variables = { GT_ENV: secrets.env, GT_REFERENCE: secrets.reference, SSH_AUTH_SOCK: '' };
    world = await createGantryWorld(testEngine(), variables);
    inHome = join(homedir(), `.${world.workspace.name}`);
    await writeFile(inHome, `${secrets.file}\n`);
    agent = createServer();
    await new Promise<void>((resolve) => agent.listen(join(world.workspace.home, 'agent'), resolve));
  });
  afterAll(async () => {
    agent?.close();
    if (inHome !== undefined) await rm(inHome, { force: true });
    await world?.remove();
  });

  const config = () => `build:
  secrets:
    file: { file: ~/${basename(inHome)} }
    env: { env: GT_ENV }
    reference: { secret: "secret://env/GT_REFERENCE" }
  ssh: { default: ${join(world.workspace.home, 'agent')} }`;
  const mounts = ['file', 'env', 'reference'].map((id) => `--mount=type=secret,id=${id}`).join(' ');

  test('reach the step as they are, and are in no layer, log, event, row, argument or output', async () => {
    await describeBuild(world, config(), [
      `RUN ${mounts} --mount=type=ssh cat /run/secrets/* && base64 /run/secrets/env \\`,
      '  && test -S "$SSH_AUTH_SOCK" && cat /run/secrets/file | sha256sum > /sum && echo now && sleep 2',
    ]);
    const child = world.start('build', '--trust');
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (printed += chunk));
    await untilPrinted(child, 'Build image: started');
    const argv: string[] = [];
    const watching = setInterval(() => argv.push(...commandLines()), 200);
    expect(await untilEnded(child), printed).toBe(0);
    clearInterval(watching);
    const ref = await releaseRef(world);
    const sum = createHash('sha256').update(`${secrets.file}\n`).digest('hex');
    expect(await world.docker('run', '--rm', '--entrypoint', '/bin/cat', ref, '/sum')).toContain(sum);

    const { stdout: log } = await world.done('logs', '1');
    expect(log.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(4);
    const saved = join(world.workspace.home, 'saved.tar');
    await world.docker('save', '--output', saved, ref);
    const places: Record<string, string | Buffer> = {
      output: printed,
      log,
      events: (await world.gantry('logs', '1', '--json')).stdout,
      arguments: argv.join('\n'),
      history: await world.docker('history', '--no-trunc', ref),
      image: await readFile(saved),
    };
    await rm(saved);
    expect(argv.some((line) => line.includes('sleep 2'))).toBe(true);
    const kept = await readdir(world.workspace.home, { recursive: true, withFileTypes: true });
    for (const entry of kept.filter((each) => each.isFile())) {
      const file = join(entry.parentPath, entry.name);
      places[relative(world.workspace.home, file)] = await readFile(file);
    }
    expect(Object.keys(places)).toContain('ledger.db');
    for (const secret of [
      ...Object.values(secrets),
      Buffer.from(secrets.env).toString('base64').slice(0, -3),
    ]) {
      for (const [place, bytes] of Object.entries(places)) expect(bytes.includes(secret), place).toBe(false);
    }
  });

  test('that a failing step prints are not in its error', async () => {
    await describeBuild(world, config(), [`RUN ${mounts} cat /run/secrets/env >&2 && false`]);
    const { code, stdout, stderr } = await world.gantry('build', '--trust');
    expect(code).toBe(1);
    expect(stdout).toContain('[redacted]');
    expect(stdout + stderr).not.toContain(secrets.env);
  });

  test('that are missing are named, and the engine is not asked', async () => {
    const missing = config()
      .replace('GT_ENV', 'GT_NONE')
      .replace(/default: .*/, 'default: agent }');
    await describeBuild(world, missing, ['RUN true']);
    const { code, stdout } = await world.gantry('build', '--trust');
    expect(code).toBe(1);
    expect(stdout).toContain('build.secrets.env: GT_NONE names a variable that is not set.');
    expect(stdout).toContain('build.ssh.default: SSH_AUTH_SOCK is not set, so no SSH agent can be asked.');
    expect(stdout).not.toContain('load build definition');
    expect(stdout).not.toContain(secrets.reference);
  });

  test('are trusted by name: another one is asked for again', async () => {
    await describeBuild(world, config().replace('env: GT_ENV', 'env: GT_OTHER'), ['RUN true']);
    const { code, stderr } = await world.gantry('build');
    expect(code).toBe(7);
    expect(stderr).toContain('not trusted');
    expect((await world.done('trust')).stdout).toContain('the secret env from the variable GT_OTHER');
  });
});

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        // It ended meanwhile.
        return '';
      }
    });
}
