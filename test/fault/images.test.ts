import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imageListSchema } from '#shared/domain/image-list.ts';
import { run } from '#test/engine/process.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';
import { killAt, recover, strayThings } from './kill-world.ts';
import { openStalledLedger, type StalledLedger } from './stalled-ledger.ts';

let world: GantryWorld;
let ledger: StalledLedger;
/** In the order in which they were built; only the newest has to stay. */
const releases: string[] = [];
beforeAll(async () => {
  world = await createGantryWorld();
  await world.workspace.edit('gantry.yml', (text) => `${text}\nretention:\n  keep: 1\n`);
  for (const word of ['one', 'two']) {
    await world.workspace.edit('rules/replies.txt', (text) => `${text}${word} = ${word}\n`);
    await world.done('build', '--trust');
    releases.push(await world.newestRelease());
  }
  ledger = openStalledLedger(world.workspace.home);
});
afterAll(async () => {
  ledger?.close();
  await world?.remove();
});

const presence = async (release = '') => {
  const { stdout } = await world.done('images', '--json');
  return imageListSchema.parse(JSON.parse(stdout)).images.find((one) => one.release.id === release)?.presence;
};

test('a build of another commit that is killed leaves no checkout behind', async () => {
  await killAt(ledger, { kind: 'step-started', step: 'build' }, () =>
    world.start('build', '--commit', 'HEAD'),
  );
  const checkouts = join(world.workspace.home, 'checkouts');
  expect(await readdir(checkouts)).toHaveLength(1);
  const [interrupted] = (await recover(world)).history;
  expect(interrupted).toMatchObject({ kind: 'build', state: 'interrupted', recovered: true });
  expect(await readdir(checkouts)).toEqual([]);
  const trees = await run('git', ['worktree', 'list'], { cwd: world.workspace.folder });
  expect(trees.stdout.trim().split('\n')).toHaveLength(1);
  expect(await strayThings(world)).toEqual([]);
});

test('a removal that is killed before it was announced has removed nothing', async () => {
  const [old] = releases;
  await killAt(ledger, { kind: 'image-removing' }, () => world.start('prune', '--yes'));
  const [interrupted] = (await recover(world)).history;
  expect(interrupted).toMatchObject({ kind: 'prune', state: 'interrupted' });
  expect(await presence(old)).toBe('here');
  // Nothing that nobody carries out any more stands in the way.
  await world.done('pin', old ?? '');
  await world.done('unpin', old ?? '');
});

test('one that is killed before it could say that it is done is known by what is there', async () => {
  const [old, newest] = releases;
  await killAt(ledger, { kind: 'image-removed' }, () => world.start('prune', '--yes'));
  const [interrupted] = (await recover(world)).history;
  expect(interrupted).toMatchObject({ kind: 'prune', state: 'interrupted' });
  expect(await presence(old)).toBe('gone');
  expect(await presence(newest)).toBe('here');
  const { code, stderr } = await world.gantry('deploy', 'dev', old ?? '', '--yes');
  expect(code).toBe(2);
  expect(stderr).toContain('no longer on this engine');
  await world.done('deploy', 'dev', '--yes');
  await world.done('prune', '--yes');
});
