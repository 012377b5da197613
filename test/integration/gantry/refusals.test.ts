import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGantryWorld, type GantryWorld, untilEnded, untilPrinted } from '#test/gantry-process.ts';

let world: GantryWorld;
beforeEach(async () => {
  world = await createGantryWorld();
});
afterEach(() => world.remove());

/** Every fault ends the same way: one clear error with a hint, the run closed, and the environment free. */
async function expectFree(environment: string): Promise<void> {
  const { lease, currentRun } = await world.environment(environment);
  expect({ lease, currentRun }).toEqual({ lease: undefined, currentRun: undefined });
  expect((await world.history()).filter((run) => run.state === 'running')).toEqual([]);
}

function expectOneError(stderr: string): void {
  expect(stderr.match(/^error: /gm)).toHaveLength(1);
  expect(stderr).toMatch(/^hint: +\S/m);
}

/** The example's own test in the image would find a broken health check before any deploy could. */
const withoutTests = () =>
  world.workspace.edit('gantry.yml', (text) => text.replace(/^tests:[\s\S]*?(?=^env:)/m, ''));

describe('what a person wrote', () => {
  test('every mistake in gantry.yml is named at once, with its place', async () => {
    await world.workspace.edit('gantry.yml', (text) =>
      text.replace('where: image', 'where: moon').replace('confirm: typed', 'confrim: typed'),
    );
    const { code, stderr } = await world.gantry('status');
    expect(code).toBe(2);
    expectOneError(stderr);
    expect(stderr).toMatch(/gantry\.yml:\d+:\d+ .*moon|where/);
    expect(stderr).toMatch(/gantry\.yml:\d+:\d+ .*confrim/);
  });

  test('a compose file that is invalid stops the plan, not the run', async () => {
    await world.done('build', '--trust');
    await world.workspace.edit('compose.yml', (text) => text.replace('services:', 'servces:'));
    const { code, stderr } = await world.gantry('deploy', 'dev', '--yes');
    expect(code).toBe(2);
    expectOneError(stderr);
    expect(await world.history()).toHaveLength(1);
  });

  test('an env file that is missing, and one that is malformed', async () => {
    await world.done('build', '--trust');
    await world.workspace.edit('.env.dev', (text) => `${text}\nthis is no assignment\n`);
    const malformed = await world.gantry('deploy', 'dev', '--yes');
    expect(malformed.code).toBe(2);
    expect(malformed.stderr).toMatch(/\.env\.dev:\d+/);
    await rm(join(world.workspace.folder, '.env.dev'));
    const missing = await world.gantry('deploy', 'dev', '--yes');
    expect(missing.code).toBe(2);
    expectOneError(missing.stderr);
    expect(missing.stderr).toContain('.env.dev');
    await expectFree('dev');
  });

  test('a key that staging has and prod lacks blocks the promotion', async () => {
    await world.done('build', '--trust');
    await world.done('deploy', 'dev', '--yes');
    await world.workspace.edit('.env.dev', (text) => `${text}\nNEW_KEY=1\n`);
    const { code, stderr } = await world.gantry('promote', 'staging', '--yes');
    expect(code).toBe(2);
    expect(stderr).toContain('NEW_KEY is missing in staging');
  });

  test('a Dockerfile that is gone is missed by a build and by nothing else', async () => {
    await world.done('build', '--trust');
    await world.done('deploy', 'dev', '--yes');
    await rm(join(world.workspace.folder, 'Dockerfile'));
    const { code, stderr } = await world.gantry('build');
    expect(code).toBe(2);
    expectOneError(stderr);
    expect(stderr).toContain('There is no Dockerfile in the workspace folder.');
    const doctor = await world.gantry('doctor');
    expect(doctor.stdout).toContain('✗ Workspace: gantry.yml:7:15: There is no Dockerfile');
    expect(doctor.stdout).toContain('✓ Environment dev');
    await world.done('hold', 'dev', 'an emergency');
    await world.done('lift', 'dev');
    await world.done('promote', 'staging', '--yes');
    expect((await world.environment('staging')).observed.kind).toBe('running');
  });

  test('a gantry.yml that cannot be read keeps nobody from a hold', async () => {
    await world.done('build', '--trust');
    await world.done('deploy', 'dev', '--yes');
    const whole = await readFile(join(world.workspace.folder, 'gantry.yml'), 'utf8');
    await writeFile(join(world.workspace.folder, 'gantry.yml'), 'environments: [');
    await world.done('hold', 'dev', 'an emergency');
    const stranger = await world.gantry('hold', 'staging', 'an emergency');
    expect(stranger.code).toBe(2);
    await writeFile(join(world.workspace.folder, 'gantry.yml'), whole);
    expect((await world.environment('dev')).hold?.reason).toBe('an emergency');
  });

  test('a Dockerfile that fails leaves a failed run, no release and no name on the engine', async () => {
    await world.workspace.edit('Dockerfile', (text) => text.replace('sh build.sh', 'false && sh build.sh'));
    const { code, stdout } = await world.gantry('build', '--trust');
    expect(code).toBe(1);
    expect(stdout).toContain('false && sh build.sh');
    expect((await world.history())[0]).toMatchObject({ kind: 'build', state: 'failed' });
    expect(await world.leftovers()).toEqual([]);
  });

  test('a failed test leaves a failed run, no release and no name on the engine', async () => {
    await world.workspace.edit('test/unit.sh', () => 'echo "the rules are wrong"\nexit 3\n');
    const { code, stdout } = await world.gantry('build', '--trust');
    expect(code).toBe(1);
    expect(stdout).toContain('the rules are wrong');
    expect((await world.history())[0]).toMatchObject({ state: 'failed' });
    expect(await world.leftovers()).toEqual([]);
  });

  test('a workspace folder that disappears', async () => {
    await world.done('build', '--trust');
    const elsewhere = `${world.workspace.folder}-moved`;
    await rename(world.workspace.folder, elsewhere);
    const { code, stderr } = await world.gantry('status');
    await rename(elsewhere, world.workspace.folder);
    expect(code).toBe(2);
    expectOneError(stderr);
  });
});

describe('what the target says no to', () => {
  test('a port that is taken: the run fails, names the port, and the environment is free', async () => {
    const server = createServer().listen(world.workspace.ports.dev, '127.0.0.1');
    await world.done('build', '--trust');
    const { code, stdout } = await world.gantry('deploy', 'dev', '--yes');
    server.close();
    expect(code).toBe(1);
    expect(stdout).toContain(String(world.workspace.ports.dev));
    await expectFree('dev');
  });

  test('a health check that never passes goes back to what ran before', async () => {
    await withoutTests();
    await world.done('build', '--trust');
    await world.done('deploy', 'dev', '--yes');
    const first = await world.liveImage('dev');
    await world.workspace.edit('src/healthcheck', () => '#!/bin/sh\nexit 1\n');
    await world.workspace.edit('gantry.yml', (text) => text.replace('deadline: 1m', 'deadline: 4s'));
    await world.done('build', '--trust');
    const { code } = await world.gantry('deploy', 'dev', '--yes');
    expect(code).toBe(1);
    expect((await world.history())[0]).toMatchObject({ state: 'rolled-back' });
    expect(await world.liveImage('dev')).toBe(first);
    await expectFree('dev');
  });

  test('a first deploy that never gets healthy fails; there is nothing to go back to', async () => {
    await withoutTests();
    await world.workspace.edit('src/healthcheck', () => '#!/bin/sh\nexit 1\n');
    await world.workspace.edit('gantry.yml', (text) => text.replace('deadline: 1m', 'deadline: 3s'));
    await world.done('build', '--trust');
    expect((await world.gantry('deploy', 'dev', '--yes')).code).toBe(1);
    expect((await world.history())[0]).toMatchObject({ state: 'failed' });
    await expectFree('dev');
  });
});

describe('two at once, and stopping', () => {
  async function slowDeploy() {
    await withoutTests();
    await world.done('build', '--trust');
    await world.workspace.edit('src/healthcheck', () => '#!/bin/sh\nsleep 2\nexit 1\n');
    await world.done('build');
    await world.done('deploy', 'dev', await firstRelease(), '--yes');
    const child = world.start('deploy', 'dev', '--yes');
    await untilPrinted(child, 'Wait until healthy: started');
    return child;
  }
  const firstRelease = async () => (await world.history()).at(-1)?.release ?? '';

  test('a second process is refused while the first holds the lease, and told who does', async () => {
    const child = await slowDeploy();
    const second = await world.gantry('deploy', 'dev', '--yes');
    expect(second.code).toBe(4);
    expectOneError(second.stderr);
    expect(second.stderr).toMatch(/leased to run \d+/);
    child.kill('SIGINT');
    await untilEnded(child);
  });

  test('Ctrl-C cancels the run, takes the environment back and exits with 130', async () => {
    const child = await slowDeploy();
    const [before] = (await world.history()).slice(1);
    child.kill('SIGINT');
    expect(await untilEnded(child)).toBe(130);
    expect((await world.history())[0]).toMatchObject({ state: 'cancelled' });
    const { release, observed } = await world.environment('dev');
    expect(release?.id).toBe(before?.release);
    expect(observed.kind === 'running' && observed.services[0]?.imageId).toBe(release?.imageId);
    await expectFree('dev');
  });
});

describe('the ledger file', () => {
  const ledger = () => join(world.workspace.home, 'ledger.db');

  test('one that is no database is refused and left as it is', async () => {
    await writeFile(ledger(), 'this was a ledger once');
    const { code, stderr } = await world.gantry('status');
    expect(code).not.toBe(0);
    expectOneError(stderr);
    expect(await readFile(ledger(), 'utf8')).toBe('this was a ledger once');
  });
});
