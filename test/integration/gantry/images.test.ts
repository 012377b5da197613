import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { imageListSchema, rollbackChoiceSchema } from '#shared/domain/image-list.ts';
import { prunePreviewSchema } from '#shared/domain/retention.ts';
import { baseImage } from '#test/engine/base-image.ts';
import { run } from '#test/engine/process.ts';
import { createGantryWorld, type GantryWorld } from '#test/gantry-process.ts';

let world: GantryWorld;
/** In the order in which they were built. */
const releases: string[] = [];
beforeAll(async () => {
  world = await createGantryWorld();
  await world.workspace.edit('gantry.yml', (text) => `${text}\nretention:\n  keep: 1\n`);
  for (const word of ['one', 'two', 'three', 'four', 'five']) {
    await commit(word);
    await world.done('build', '--trust');
    releases.push(await world.newestRelease());
    if (['one', 'two', 'three'].includes(word)) await world.done('deploy', 'dev', '--yes');
  }
  await world.done('rollback', 'dev', '--yes');
  await world.done('lift', 'dev');
});
afterAll(() => world.remove());

async function commit(word: string): Promise<string> {
  await world.workspace.edit('rules/replies.txt', (text) => `${text}${word} = ${word}\n`);
  const git = (...args: readonly string[]) =>
    run('git', ['-c', 'user.name=Ada', '-c', 'user.email=a@b', ...args], { cwd: world.workspace.folder });
  await git('commit', '--quiet', '--all', '--message', word);
  return (await git('rev-parse', 'HEAD')).stdout.trim();
}

const json = async (...args: readonly string[]): Promise<unknown> =>
  JSON.parse((await world.done(...args, '--json')).stdout);
const images = async () => imageListSchema.parse(await json('images')).images;
const preview = async () => prunePreviewSchema.parse(await json('prune', '--preview'));
/** Sorted: docker lists images of the same second in any order. */
const names = async () =>
  (await world.docker('images', '--format', '{{.Repository}}:{{.Tag}}', world.workspace.name))
    .split('\n')
    .filter(Boolean)
    .sort();
const own = (release = '') => `${world.workspace.name}:${release}`;

// One story, told in order: each test stands on those before it.
describe('images of releases', () => {
  test('are listed with what runs them and what could go back to them', async () => {
    const [one, two, three, four, five] = releases;
    const list = await images();
    expect(list.map(({ release, presence }) => [release.id, presence])).toEqual(
      [five, four, three, two, one].map((id) => [id, 'here']),
    );
    expect(list.find(({ release }) => release.id === two)).toMatchObject({ runsIn: ['dev'] });
    expect(list.find(({ release }) => release.id === one)).toMatchObject({ wayBackOf: ['dev'] });
    const listed = list[0]?.images[0];
    const size = await world.docker('image', 'inspect', '--format', '{{.Size}}', own(five));
    expect(listed).toMatchObject({ size: Number(size) });
    expect(listed?.names).toContain(own(five));
  });

  test('a preview says what would go and why the rest stays, and removes nothing', async () => {
    const [one, two, three, four, five] = releases;
    const before = await names();
    const { goes, stays, freed } = await preview();
    expect(goes.map(({ release }) => release)).toEqual([four, three]);
    expect(Object.fromEntries(stays.map(({ release, why }) => [release, why]))).toMatchObject({
      [five ?? '']: [{ kind: 'newest' }],
      [two ?? '']: [
        { kind: 'runs', environment: 'dev' },
        { kind: 'observed', environment: 'dev' },
        { kind: 'container' },
      ],
      [one ?? '']: [{ kind: 'way-back', environment: 'dev' }],
    });
    // The base image and the layers that all of them share are no part of it.
    const whole = Number(await world.docker('image', 'inspect', '--format', '{{.Size}}', own(five)));
    expect(freed?.bytes).toBeGreaterThan(0);
    expect(freed?.bytes).toBeLessThan(whole);
    expect(await names()).toEqual(before);
  });

  test('a pin keeps what would go', async () => {
    const [, , three, four] = releases;
    await world.done('pin', four ?? '', '--note', 'for the audit');
    expect((await preview()).goes.map(({ release }) => release)).toEqual([three]);
    expect((await images()).find(({ pin }) => pin !== undefined)?.pin).toMatchObject({
      release: four,
      note: 'for the audit',
    });
    await world.done('unpin', four ?? '');
    expect((await preview()).goes).toHaveLength(2);
  });

  test('nothing is removed without a yes', async () => {
    const before = await names();
    const { code, stderr } = await world.gantry('prune');
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(await names()).toEqual(before);
  });

  test('what goes loses the names that Gantry gave, and no other', async () => {
    const [one, two, three, four, five] = releases;
    await world.docker('tag', own(three), own('mine'));
    const { stdout } = await world.done('prune', '--yes');
    expect(stdout).toContain('no release owns that name');
    const left = await names();
    for (const release of [one, two, five]) expect(left).toContain(own(release));
    for (const release of [three, four]) expect(left).not.toContain(own(release));
    expect(left).toContain(own('mine'));
    const [prune] = await world.history();
    expect(prune).toMatchObject({ kind: 'prune', state: 'succeeded' });
    expect(prune?.summary).toBe('Images of 2 releases removed');
    const list = await images();
    // Somebody else's name still has it.
    expect(list.find(({ release }) => release.id === three)?.presence).toBe('here');
    expect(list.find(({ release }) => release.id === four)?.presence).toBe('gone');
    await world.docker('rmi', own('mine'));
    expect((await images()).find(({ release }) => release.id === three)?.presence).toBe('gone');
    expect((await preview()).goes).toEqual([]);
    await world.done('prune', '--yes');
    expect(await world.liveImage('dev')).toBeDefined();
  });

  test('a release whose image is gone is not deployed, and the hint builds it again', async () => {
    const [, , three] = releases;
    const { code, stderr } = await world.gantry('deploy', 'dev', three ?? '', '--yes');
    expect(code).toBe(2);
    expect(stderr).toMatch(/hint: .*gantry build --commit [0-9a-f]{12}/);
  });

  test('before a rollback is offered its image is known to exist', async () => {
    const [one, , three] = releases;
    const choices = async () => z.array(rollbackChoiceSchema).parse(await json('rollback', 'dev', '--list'));
    expect((await choices()).map(({ release, image }) => [release.id, image])).toEqual([
      [three, 'gone'],
      [one, 'here'],
    ]);
    expect((await world.environment('dev')).rollbackTo).toMatchObject({ id: one, image: 'here' });
    const tags = (await names()).filter((name) => name !== own(releases[4]));
    const [target] = (await images()).filter(({ release }) => release.id === one);
    const mine = target?.images[0]?.names ?? [];
    expect(tags).toEqual(expect.arrayContaining(mine));
    await world.docker('rmi', ...mine);
    expect((await choices()).map(({ image }) => image)).toEqual(['gone', 'gone']);
    expect((await world.environment('dev')).rollbackTo).toMatchObject({ id: one, image: 'gone' });
    const { code, stderr } = await world.gantry('rollback', 'dev', '--yes');
    expect(code).toBe(2);
    expect(stderr).toContain('gantry build --commit');
  });

  test('its commit is built again beside the work tree, which stays as it is', async () => {
    const [one] = releases;
    const gone = (await images()).find(({ release }) => release.id === one)?.release;
    await world.workspace.edit('rules/replies.txt', (text) => `${text}unfinished = work\n`);
    const status = () => run('git', ['status', '--porcelain'], { cwd: world.workspace.folder });
    const before = (await status()).stdout;
    await world.done('build', '--commit', gone?.commit?.sha.slice(0, 10) ?? '');
    const [build] = await world.history();
    expect(build).toMatchObject({ kind: 'build', state: 'succeeded' });
    const again = (await images()).find(({ release }) => release.id === build?.release);
    expect(again).toMatchObject({
      presence: 'here',
      release: { commit: { sha: gone?.commit?.sha }, uncommittedFiles: 0 },
    });
    expect((await status()).stdout).toBe(before);
    expect(await readdir(join(world.workspace.home, 'checkouts'))).toEqual([]);
    const trees = await run('git', ['worktree', 'list'], { cwd: world.workspace.folder });
    expect(trees.stdout.trim().split('\n')).toHaveLength(1);
    // What it has is what it had then.
    await world.done('deploy', 'dev', build?.release ?? '', '--yes');
    await world.workspace.edit('rules/replies.txt', (text) => text.replace('unfinished = work\n', ''));
  });

  test('a commit whose description runs other commands wants to be trusted', async () => {
    await world.workspace.edit('gantry.yml', (text) =>
      text.replace('tests:\n', 'tests:\n  - name: another\n    run: [sh, -c, "exit 0"]\n'),
    );
    const sha = await commit('sixth');
    await world.workspace.edit('gantry.yml', (text) =>
      text.replace('  - name: another\n    run: [sh, -c, "exit 0"]\n', ''),
    );
    const refused = await world.gantry('build', '--commit', sha);
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('sh -c exit 0');
    await world.done('build', '--commit', sha, '--trust');
    expect((await world.gantry('build', '--commit', 'nowhere')).code).toBe(2);
  });

  test('after a build what may go goes, where gantry.yml says so', async () => {
    const old = (await images())[0]?.release.id;
    await world.workspace.edit('gantry.yml', (text) =>
      text.replace('keep: 1', 'keep: 1\n  afterBuild: true'),
    );
    await commit('last');
    await world.done('build');
    const [build] = await world.history();
    expect(build).toMatchObject({ kind: 'build', state: 'succeeded' });
    const list = await images();
    expect(list.find(({ release }) => release.id === build?.release)?.presence).toBe('here');
    expect(list.find(({ release }) => release.id === old)?.presence).toBe('gone');
    expect(await world.liveImage('dev')).toBeDefined();
  });

  test('an image that was built elsewhere becomes a release, which has passed no tests', async () => {
    const foreign = `${world.workspace.name}-elsewhere:2.5`;
    await world.docker('tag', baseImage, foreign);
    await world.done('adopt', foreign);
    await world.docker('rmi', foreign);
    const [adopted] = await world.history();
    expect(adopted).toMatchObject({ kind: 'adopt', state: 'succeeded', version: '2.5' });
    const listed = (await images()).find(({ release }) => release.id === adopted?.release);
    expect(listed).toMatchObject({ presence: 'here', adoptedFrom: { ref: foreign } });
    const { code, stderr } = await world.gantry('deploy', 'dev', adopted?.release ?? '', '--yes');
    expect(code).toBe(3);
    expect(stderr).toContain('no test of gantry.yml has run on it');
    expect(stderr).toContain('gates.tests: false');
    // The same again is the same release.
    await world.done('adopt', baseImage);
    expect((await world.history())[0]).toMatchObject({ release: adopted?.release });
    const nowhere = await world.gantry('adopt', 'sha256:0123456789ab');
    expect(nowhere.code).toBe(1);
    expect(nowhere.stdout).toContain('There is no image sha256:0123456789ab');
  });
});
