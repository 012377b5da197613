import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGit } from '#main/git/git.ts';
import { env, makeFolder, makeRepository, type TestRepository } from './repositories.ts';

let repository: TestRepository;
let checkoutsFolder: string;
let git: ReturnType<typeof createGit>;
beforeEach(async () => {
  repository = await makeRepository();
  checkoutsFolder = join(await makeFolder(), 'checkouts');
  git = createGit({ env, checkoutsFolder });
});
afterEach(async () => {
  await repository.remove();
  await rm(join(checkoutsFolder, '..'), { recursive: true, force: true });
});

/** Two commits: `a` says one, then two. */
async function twoCommits(): Promise<readonly [string, string]> {
  await repository.write('a', 'one');
  await repository.write('sub/gantry.yml', 'name: then\n');
  const first = await repository.commit('first');
  await repository.write('a', 'two');
  await repository.write('sub/gantry.yml', 'name: now\n');
  return [first, await repository.commit('second')];
}

describe('a commit', () => {
  test('is found by whatever git takes for one', async () => {
    const [first, second] = await twoCommits();
    await repository.git('tag', 'v1', first);
    for (const name of ['v1', 'main~1', first, first.slice(0, 8)]) {
      expect(await git.commit(repository.folder, name), name).toMatchObject({ sha: first, subject: 'first' });
    }
    expect((await git.commit(repository.folder, 'HEAD'))?.sha).toBe(second);
  });

  test.each(['nowhere', '', '-x', '--output=x', 'HEAD:a', '0'.repeat(40)])('%j is none', async (name) => {
    await twoCommits();
    expect(await git.commit(repository.folder, name)).toBeUndefined();
  });

  test('has files that can be read, relative to the folder', async () => {
    const [first] = await twoCommits();
    const folder = join(repository.folder, 'sub');
    expect(await git.fileAt(folder, first, 'gantry.yml')).toBe('name: then\n');
    expect(await git.fileAt(folder, first, 'none.yml')).toBeUndefined();
    // A folder and a link are no files.
    expect(await git.fileAt(repository.folder, first, 'sub')).toBeUndefined();
  });
});

describe('a checkout', () => {
  test('has the commit, and leaves the work tree, its branch and its changes alone', async () => {
    const [first] = await twoCommits();
    await repository.write('a', 'unfinished');
    const place = await git.checkouts.place(repository.folder, 'c-1');
    expect(place.startsWith(checkoutsFolder)).toBe(true);
    await git.checkouts.add(repository.folder, first, 'c-1');
    expect(await readFile(join(place, 'a'), 'utf8')).toBe('one');
    expect(await git.source(place)).toMatchObject({ commit: { sha: first }, uncommittedFiles: 0 });
    expect(await readFile(join(repository.folder, 'a'), 'utf8')).toBe('unfinished');
    expect(await repository.git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('main');
    await git.checkouts.remove(repository.folder, 'c-1');
    expect(await readdir(checkoutsFolder)).toEqual([]);
    expect((await repository.git('worktree', 'list')).split('\n')).toHaveLength(1);
  });

  test('of a workspace in a subfolder is that subfolder', async () => {
    const [first] = await twoCommits();
    const folder = join(repository.folder, 'sub');
    const place = await git.checkouts.place(folder, 'c-1');
    await git.checkouts.add(folder, first, 'c-1');
    expect(await readFile(join(place, 'gantry.yml'), 'utf8')).toBe('name: then\n');
    await git.checkouts.remove(folder, 'c-1');
  });

  test('is refused where the commit has no such folder', async () => {
    const [first] = await twoCommits();
    const folder = join(repository.folder, 'later');
    await mkdir(folder);
    await expect(git.checkouts.add(folder, first, 'c-1')).rejects.toMatchObject({ code: 'git-failed' });
    await git.checkouts.remove(folder, 'c-1');
    expect(await readdir(checkoutsFolder)).toEqual([]);
  });

  test('is removed however little or much of it is there', async () => {
    const [first] = await twoCommits();
    await git.checkouts.remove(repository.folder, 'c-none');
    await git.checkouts.add(repository.folder, first, 'c-1');
    await writeFile(join(checkoutsFolder, 'c-1', 'a'), 'changed by a test');
    await repository.git('worktree', 'lock', join(checkoutsFolder, 'c-1'));
    await git.checkouts.remove(repository.folder, 'c-1');
    await git.checkouts.add(repository.folder, first, 'c-2');
    await rm(join(checkoutsFolder, 'c-2'), { recursive: true });
    await git.checkouts.remove(repository.folder, 'c-2');
    expect(await readdir(checkoutsFolder)).toEqual([]);
    expect((await repository.git('worktree', 'list')).split('\n')).toHaveLength(1);
    // The repository that it belonged to may be gone as well.
    await git.checkouts.add(repository.folder, first, 'c-3');
    await repository.remove();
    await git.checkouts.remove(repository.folder, 'c-3');
    expect(await readdir(checkoutsFolder)).toEqual([]);
  });

  test('runs no hook and no filter of the repository', async () => {
    const [first] = await twoCommits();
    const sign = join(checkoutsFolder, '..', 'it-ran');
    const hook = `#!/bin/sh\ntouch ${sign}\n`;
    await repository.write('.git/hooks/post-checkout', hook, 0o755);
    await repository.git('config', 'filter.evil.smudge', `touch ${sign}; cat`);
    await repository.write('.git/info/attributes', '* filter=evil\n');
    await git.checkouts.add(repository.folder, first, 'c-1');
    await git.checkouts.remove(repository.folder, 'c-1');
    await expect(readFile(sign)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('has a name that leads nowhere else', async () => {
    const [first] = await twoCommits();
    for (const name of ['..', 'a/b', '', 'C', '-x']) {
      await expect(git.checkouts.add(repository.folder, first, name)).rejects.toThrow('no name');
      await expect(git.checkouts.remove(repository.folder, name)).rejects.toThrow('no name');
    }
  });
});
