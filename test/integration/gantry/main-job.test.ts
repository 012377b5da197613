import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

let world: GantryWorld;
beforeAll(async () => {
  world = await createGantryWorld();
});
afterAll(() => world.remove());

// One story, told in order: each test stands on those before it.
describe('build once, carry the same image all the way, and go back', () => {
  test('an untrusted workspace builds nothing', async () => {
    const refused = await world.gantry('build');
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('--trust');
    expect(await world.history()).toEqual([]);
  });

  test('a build that passes its tests is a release', async () => {
    await world.done('build', '--trust');
    const [build] = await world.history();
    expect(build).toMatchObject({ kind: 'build', state: 'succeeded', version: '1.0.0' });
  });

  test('nothing reaches prod before it ran in staging', async () => {
    await world.done('deploy', 'dev', '--yes');
    const release = (await world.environment('dev')).release?.id ?? '';
    const refused = await world.gantry('deploy', 'prod', release, '--confirm', 'prod');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('has not run in staging');
  });

  test('prod wants its name, not a bare yes', async () => {
    await world.done('promote', 'staging', '--yes');
    expect((await world.gantry('promote', 'prod', '--yes')).code).toBe(2);
    expect((await world.gantry('promote', 'prod', '--confirm', 'staging')).code).toBe(2);
    await world.done('promote', 'prod', '--confirm', 'prod');
  });

  test('all three environments run the very same image, and the board says what docker says', async () => {
    const board = await world.board();
    for (const environment of board.environments) {
      const { observed } = environment;
      const said = observed.kind === 'running' ? observed.services.map((service) => service.imageId) : [];
      expect(said).toEqual([await world.liveImage(environment.name)]);
    }
    expect(new Set(await Promise.all(['dev', 'staging', 'prod'].map(world.liveImage))).size).toBe(1);
  });

  test('a plan that was read is started as it was read, or not at all', async () => {
    await world.workspace.changeALine();
    await world.done('build');
    const plan = JSON.parse((await world.done('plan', 'dev', '--json')).stdout);
    await world.workspace.edit('.env.dev', (text) => text.replace('Ahoy', 'Hello'));
    const stale = await world.gantry('deploy', 'dev', '--yes', '--plan', plan.hash);
    expect(stale.code).toBe(6);
    const again = JSON.parse((await world.done('plan', 'dev', '--json')).stdout);
    await world.done('deploy', 'dev', '--yes', '--plan', again.hash);
  });

  test('a rollback restores the image and the env of then, and holds', async () => {
    const page = async () => (await fetch(`http://127.0.0.1:${world.workspace.ports.prod}/healthz`)).text();
    const before = await page();
    const first = await world.liveImage('prod');
    await world.done('promote', 'staging', '--yes');
    await world.workspace.edit('.env.prod', (text) => text.replace(/^BOT_NAME=.*$/m, 'BOT_NAME=Renamed'));
    await world.done('promote', 'prod', '--confirm', 'prod');
    expect(await world.liveImage('prod')).not.toBe(first);
    await world.done('rollback', 'prod', '--confirm', 'prod', '--note', 'it greets wrongly');
    expect(await world.liveImage('prod')).toBe(first);
    expect(await page()).toBe(before);
    const label = `label=com.docker.compose.project=${world.workspace.name}-prod`;
    const [container = ''] = (await world.docker('ps', '--quiet', '--filter', label)).split('\n');
    const env = JSON.parse(await world.docker('inspect', '--format', '{{json .Config.Env}}', container));
    expect(env).toContain('BOT_NAME=Harbour');
    expect((await world.environment('prod')).hold?.reason).toContain('Rolled back from');
    const [rollback] = await world.history();
    expect(rollback).toMatchObject({ kind: 'rollback', state: 'succeeded', note: 'it greets wrongly' });
  });

  test('a held environment takes nothing until the hold is lifted', async () => {
    expect((await world.gantry('promote', 'prod', '--confirm', 'prod')).code).toBe(3);
    await world.done('lift', 'prod');
    await world.done('promote', 'prod', '--confirm', 'prod');
  });

  test('the difference of two environments names keys and never private values', async () => {
    const { stdout } = await world.done('diff', 'dev', 'prod', '--json');
    expect(JSON.parse(stdout).env.map((change: { key: string }) => change.key)).toContain('STATS_TOKEN');
  });

  test('a secret is in no output, no event, no log and no file of the ledger', async () => {
    const secret = (await readFile(join(world.workspace.folder, 'secrets/demo-token.txt'), 'utf8')).trim();
    expect(secret.length).toBeGreaterThan(8);
    for (const { id } of await world.history()) {
      const { stdout } = await world.done('logs', String(id));
      expect(stdout).not.toContain(secret);
    }
    for (const entry of await readdir(world.workspace.home, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      expect((await readFile(file)).includes(secret), file).toBe(false);
    }
  });
});
