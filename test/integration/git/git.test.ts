import { chmod, mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGit } from '#main/git/git.ts';
import { remoteName } from '#main/git/remote-name.ts';
import { env, makeFolder, makeRepository, type TestRepository } from './repositories.ts';

const git = createGit({ env });
let repository: TestRepository;

beforeEach(async () => {
  repository = await makeRepository();
});
afterEach(() => repository.remove());

describe('status', () => {
  test('branch, HEAD and how many files differ', async () => {
    await repository.write('a.txt', 'one');
    const sha = await repository.commit('first: häßlich "quoted"\n\nbody', 1_700_000_123);
    expect(await git.status(repository.folder)).toEqual({
      branch: 'main',
      head: { sha, subject: 'first: häßlich "quoted"', author: 'Ada Lovelace', at: 1_700_000_123_000 },
      uncommittedFiles: 0,
    });
    await repository.write('a.txt', 'two');
    await repository.write('new/b.txt', 'b');
    await repository.write('new/c.txt', 'c');
    expect((await git.status(repository.folder))?.uncommittedFiles).toBe(3);
  });

  test('before the first commit there is a branch and no HEAD', async () => {
    await repository.write('a.txt', 'one');
    expect(await git.status(repository.folder)).toEqual({ branch: 'main', uncommittedFiles: 1 });
  });

  test('HEAD is the one of now, however often it was asked for: a new commit, an older one, none', async () => {
    const { folder } = repository;
    const head = async () => (await git.status(folder))?.head;
    expect(await head()).toBeUndefined();
    const first = await repository.commit('first');
    expect(await head()).toMatchObject({ sha: first, subject: 'first' });
    const second = await repository.commit('second');
    expect(await head()).toMatchObject({ sha: second, subject: 'second' });
    expect((await git.source(folder)).commit).toMatchObject({ sha: second, subject: 'second' });
    await repository.git('checkout', '--quiet', first);
    expect(await head()).toMatchObject({ sha: first, subject: 'first' });
    await repository.git('checkout', '--quiet', '--orphan', 'bare');
    expect(await head()).toBeUndefined();
  });

  test('a detached HEAD has no branch', async () => {
    await repository.commit('first');
    await repository.git('checkout', '--quiet', '--detach');
    expect(await git.status(repository.folder)).not.toHaveProperty('branch');
  });

  test('only the folder itself counts where it is a part of the repository', async () => {
    await repository.write('app/a.txt', 'one');
    await repository.write('other/b.txt', 'one');
    await repository.commit('first');
    await repository.write('other/b.txt', 'two');
    expect((await git.status(join(repository.folder, 'app')))?.uncommittedFiles).toBe(0);
    await repository.write('app/c.txt', 'new');
    expect((await git.status(join(repository.folder, 'app')))?.uncommittedFiles).toBe(1);
  });

  test('ignored files do not count', async () => {
    await repository.write('.gitignore', '*.log\n');
    await repository.commit('first');
    await repository.write('debug.log', 'noise');
    expect((await git.status(repository.folder))?.uncommittedFiles).toBe(0);
  });

  test('control characters in a subject are not passed on', async () => {
    await repository.commit('clear \u001b[2J the screen');
    expect((await git.status(repository.folder))?.head?.subject).not.toMatch(/\p{Cc}/u);
  });

  test('leaves the index alone, so that the git of the person is never in its way', async () => {
    await repository.write('a.txt', 'one');
    await repository.commit('first');
    await writeFile(join(repository.folder, '.git/index.lock'), '');
    expect((await git.status(repository.folder))?.uncommittedFiles).toBe(0);
  });
});

describe('what is no repository', () => {
  test('a folder that the repository around it ignores, unless it tracks something there', async () => {
    await repository.write('.gitignore', '*\n!.gitignore\n');
    await repository.write('project/a.txt', 'one');
    await repository.commit('dotfiles');
    const project = join(repository.folder, 'project');
    expect(await git.status(project)).toBeUndefined();
    expect(await git.source(project)).toEqual({ uncommittedFiles: 0 });
    await repository.git('add', '--force', 'project/a.txt');
    expect(await git.status(project)).toMatchObject({ branch: 'main' });
  });

  test.each([
    ['a folder outside one', async (folder: string) => folder],
    ['a folder that is gone', async (folder: string) => join(folder, 'gone')],
    [
      'a bare repository',
      async (folder: string) => {
        await repository.git('init', '--quiet', '--bare', folder);
        return folder;
      },
    ],
  ])('%s', async (_name, prepare) => {
    const outer = await makeFolder();
    const folder = await prepare(outer);
    expect(await git.status(folder)).toBeUndefined();
    expect(await git.source(folder)).toEqual({ uncommittedFiles: 0 });
    expect(await git.versionTag(folder)).toBeUndefined();
    expect(await git.compare(folder, 'a'.repeat(40), 'b'.repeat(40))).toMatchObject({ kind: 'unknown' });
    expect(await remoteName(folder, { env })).toBeUndefined();
    await rm(outer, { recursive: true });
  });

  test('anything, where git is not installed', async () => {
    const without = createGit({ env: { ...env, PATH: '/nonexistent' } });
    await repository.commit('first');
    expect(await without.status(repository.folder)).toBeUndefined();
    expect(await without.source(repository.folder)).toEqual({ uncommittedFiles: 0 });
    expect(await without.versionTag(repository.folder)).toBeUndefined();
    expect(await without.compare(repository.folder, 'a'.repeat(40), 'b'.repeat(40))).toEqual({
      kind: 'unknown',
      why: 'git is not installed',
    });
  });
});

describe('source', () => {
  test('the commit alone describes a clean folder', async () => {
    await repository.write('a.txt', 'one');
    const sha = await repository.commit('first');
    const source = await git.source(repository.folder);
    expect(source).toMatchObject({ commit: { sha, subject: 'first' }, branch: 'main', uncommittedFiles: 0 });
    expect(source).not.toHaveProperty('uncommittedHash');
  });

  const hash = async (folder = repository.folder) => (await git.source(folder)).uncommittedHash;

  test('everything that may change the build changes the hash, and undoing it brings the hash back', async () => {
    await repository.write('tracked.txt', 'one');
    await repository.write('run.sh', 'echo', 0o644);
    await symlink('tracked.txt', join(repository.folder, 'link'));
    await repository.commit('first');
    await repository.write('untracked.txt', 'dirt');
    const at = (name: string) => join(repository.folder, name);
    const seen = [await hash()];
    const differs = async () => {
      const now = await hash();
      expect(seen).not.toContain(now);
      seen.push(now);
    };
    await repository.write('tracked.txt', 'two');
    await differs();
    await repository.git('add', 'tracked.txt');
    expect(await hash()).toBe(seen.at(-1));
    await repository.write('untracked.txt', 'dort');
    await differs();
    await chmod(at('untracked.txt'), 0o755);
    await differs();
    await chmod(at('untracked.txt'), 0o644);
    await rename(at('untracked.txt'), at('renamed.txt'));
    await differs();
    await chmod(at('run.sh'), 0o755);
    await differs();
    await unlink(at('link'));
    await symlink('run.sh', at('link'));
    await differs();
    await unlink(at('tracked.txt'));
    await differs();
    await repository.write('empty', '');
    await differs();
    await unlink(at('empty'));
    expect(await hash()).toBe(seen.at(-2));
    await repository.git('checkout', '--quiet', '.');
    await rename(at('renamed.txt'), at('untracked.txt'));
    await repository.write('untracked.txt', 'dirt');
    await repository.git('reset', '--quiet', '--hard');
    expect(await hash()).toBe(seen[0]);
  });

  test('the hash is the same in another copy of the repository', async () => {
    await repository.write('a.txt', 'one');
    await repository.commit('first');
    const folder = await makeFolder();
    await repository.git('clone', '--quiet', repository.folder, join(folder, 'copy'));
    for (const place of [repository.folder, join(folder, 'copy')]) {
      await writeFile(join(place, 'a.txt'), 'two');
      await writeFile(join(place, 'new name\n"ä".txt'), 'new');
    }
    expect(await hash()).toBeDefined();
    expect(await hash(join(folder, 'copy'))).toBe(await hash());
    await rm(folder, { recursive: true });
  });

  test('of a part of a repository it is that of the same files in one of their own', async () => {
    const part = join(repository.folder, 'apps', 'shop');
    const own = await makeRepository();
    await repository.write('apps/shop/a.txt', 'one');
    await repository.commit('first');
    await own.write('a.txt', 'one');
    await own.commit('first');
    for (const place of [part, own.folder]) {
      await writeFile(join(place, 'a.txt'), 'two');
      await writeFile(join(place, 'new "ä".txt'), 'new');
    }
    const first = await hash(part);
    expect(first).toBe(await hash(own.folder));
    await writeFile(join(part, 'new "ä".txt'), 'other');
    expect(await hash(part)).not.toBe(first);
    await own.remove();
  });

  test('names that are no UTF-8 are read', async () => {
    const name = (byte: number) => Buffer.concat([Buffer.from(`${repository.folder}/`), Buffer.from([byte])]);
    await writeFile(name(0xff), 'one');
    const first = await hash();
    await writeFile(name(0xff), 'two');
    const second = await hash();
    expect(second).not.toBe(first);
    await rename(name(0xff), name(0xfe));
    expect(await hash()).not.toBe(second);
    expect((await git.source(repository.folder)).uncommittedFiles).toBe(1);
  });

  test('changes within a submodule and within a repository cloned inside count', async () => {
    const inner = await makeRepository();
    await inner.write('lib.txt', 'one');
    await inner.commit('library');
    await repository.git(
      '-c',
      'protocol.file.allow=always',
      'submodule',
      '--quiet',
      'add',
      inner.folder,
      'lib',
    );
    await repository.commit('with library');
    expect(await git.source(repository.folder)).toMatchObject({ uncommittedFiles: 0 });
    await repository.write('lib/lib.txt', 'two');
    const dirty = await git.source(repository.folder);
    expect(dirty.uncommittedFiles).toBe(1);
    expect((await git.status(repository.folder))?.uncommittedFiles).toBe(1);
    await repository.write('lib/lib.txt', 'three');
    expect(await hash()).not.toBe(dirty.uncommittedHash);
    await repository.write('lib/lib.txt', 'one');
    expect(await git.source(repository.folder)).toMatchObject({ uncommittedFiles: 0 });

    const nested = await makeRepository(join(repository.folder, 'vendored'));
    await nested.write('x', 'one');
    await nested.commit('nested');
    const before = await hash();
    await nested.write('x', 'two');
    expect(await hash()).not.toBe(before);
    await inner.remove();
  });

  test('changes within a submodule count in a part of the repository, too', async () => {
    const inner = await makeRepository();
    await inner.write('lib.txt', 'one');
    await inner.commit('library');
    const add = ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner.folder];
    await repository.git(...add, 'apps/shop/lib');
    await repository.commit('with library');
    const part = join(repository.folder, 'apps', 'shop');
    expect(await git.source(part)).toMatchObject({ uncommittedFiles: 0 });
    await repository.write('apps/shop/lib/lib.txt', 'two');
    const two = await hash(part);
    expect(two).toBeDefined();
    await repository.write('apps/shop/lib/lib.txt', 'three');
    expect(await hash(part)).not.toBe(two);
    await inner.remove();
  });

  test('a submodule that was never fetched is no change', async () => {
    const inner = await makeRepository();
    await inner.commit('library');
    await repository.git(
      '-c',
      'protocol.file.allow=always',
      'submodule',
      '--quiet',
      'add',
      inner.folder,
      'lib',
    );
    await repository.commit('with library');
    await repository.git('submodule', '--quiet', 'deinit', '--force', 'lib');
    expect(await git.source(repository.folder)).toMatchObject({ uncommittedFiles: 0 });
    await inner.remove();
  });
});

describe('compare', () => {
  test('forward, backward, same and diverged', async () => {
    await repository.write('a.txt', '1\n2\n');
    const first = await repository.commit('first');
    await repository.write('a.txt', '1\n3\n4\n');
    const second = await repository.commit('second');
    await repository.write('b.txt', 'b\n');
    const third = await repository.commit('third');
    await repository.git('checkout', '--quiet', '-b', 'side', first);
    const side = await repository.commit('aside');
    const subjects = async (left: string, right: string) => {
      const diff = await git.compare(repository.folder, left, right);
      if (diff.kind !== 'known') throw new Error(diff.why);
      return [diff.direction, ...diff.commits.map(({ subject }) => subject)];
    };
    expect(await subjects(first, third)).toEqual(['forward', 'third', 'second']);
    expect(await subjects(third, first)).toEqual(['backward', 'third', 'second']);
    expect(await subjects(second, second)).toEqual(['same']);
    expect(await subjects(third, side)).toEqual(['diverged']);
    expect(await subjects(side, third)).toEqual(['diverged', 'third', 'second']);
    expect(await git.compare(repository.folder, first, third)).toMatchObject({
      ...{ filesChanged: 2, insertions: 3, deletions: 1 },
    });
    expect(await git.compare(repository.folder, third, first)).toMatchObject({
      ...{ filesChanged: 2, insertions: 1, deletions: 3 },
    });
  });

  test('only what concerns the folder', async () => {
    await repository.write('app/a.txt', '1');
    const first = await repository.commit('first');
    await repository.write('other/b.txt', '1');
    await repository.commit('elsewhere');
    await repository.write('app/a.txt', '2');
    const third = await repository.commit('here');
    const diff = await git.compare(join(repository.folder, 'app'), first, third);
    expect(diff).toMatchObject({ commits: [{ subject: 'here' }], filesChanged: 1 });
  });

  test.each([
    ['no commit recorded', undefined, 'a release was built without a commit'],
    ['a commit that is gone', 'f'.repeat(40), 'commit fffffff is not in the repository'],
    ['an option in place of a commit', '--output=/tmp/gantry-owned', 'a release names no commit'],
  ])('%s', async (_name, sha, why) => {
    const head = await repository.commit('first');
    expect(await git.compare(repository.folder, sha, head)).toEqual({ kind: 'unknown', why });
    expect(await git.compare(repository.folder, head, sha)).toEqual({ kind: 'unknown', why });
  });
});

describe('version tag', () => {
  test('the highest version that HEAD contains', async () => {
    await repository.commit('first');
    expect(await git.versionTag(repository.folder)).toBeUndefined();
    await repository.git('tag', 'v1.9.0');
    await repository.commit('second');
    await repository.git('tag', '-m', 'annotated', 'v1.10.0-rc.1');
    await repository.git('tag', 'latest');
    expect(await git.versionTag(repository.folder)).toEqual({ version: '1.10.0-rc.1', commitsSince: 0 });
    await repository.git('tag', '1.10.0');
    await repository.commit('third');
    await repository.commit('fourth');
    expect(await git.versionTag(repository.folder)).toEqual({ version: '1.10.0', commitsSince: 2 });
    await repository.git('checkout', '--quiet', '-b', 'next');
    await repository.commit('fifth');
    await repository.git('tag', 'v2.0.0');
    await repository.git('checkout', '--quiet', 'main');
    expect((await git.versionTag(repository.folder))?.version).toBe('1.10.0');
  });

  test('nothing before the first commit', async () => {
    expect(await git.versionTag(repository.folder)).toBeUndefined();
  });

  test('wherever git keeps it: packed, below a folder of tags, in another work tree', async () => {
    await repository.commit('first');
    await repository.git('tag', 'v1.0.0');
    await repository.git('pack-refs', '--all');
    expect((await git.versionTag(repository.folder))?.version).toBe('1.0.0');
    const folder = await makeFolder();
    await repository.git('worktree', 'add', '--quiet', '-b', 'beside', join(folder, 'beside'));
    expect((await git.versionTag(join(folder, 'beside')))?.version).toBe('1.0.0');
    await repository.write('below/file', '');
    expect((await git.versionTag(join(repository.folder, 'below')))?.version).toBe('1.0.0');
    await rm(folder, { recursive: true });
  });
});

test('the name of where it was cloned from', async () => {
  expect(await remoteName(repository.folder, { env })).toBeUndefined();
  await repository.git('remote', 'add', 'origin', 'git@example.com:team/chatbot.git');
  expect(await remoteName(repository.folder, { env })).toBe('chatbot');
});

test('a repository of somebody else is not opened, and the error says what to do', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('needs root, to give the repository to somebody else');
  await repository.commit('first');
  await repository.git('config', 'core.bare', 'false');
  const { chown } = await import('node:fs/promises');
  await chown(repository.folder, 12_345, 12_345);
  await chown(join(repository.folder, '.git'), 12_345, 12_345);
  await expect(git.status(repository.folder)).rejects.toMatchObject({
    code: 'git-failed',
    hint: expect.stringContaining('safe.directory'),
  });
  expect(await git.compare(repository.folder, 'a'.repeat(40), 'b'.repeat(40))).toMatchObject({
    kind: 'unknown',
  });
  await chown(repository.folder, 0, 0);
});

test('a repository that is broken is an error of git', async () => {
  await repository.commit('first');
  await writeFile(join(repository.folder, '.git/config'), '[core\nbroken');
  await expect(git.status(repository.folder)).rejects.toMatchObject({ code: 'git-failed' });
});

test('a git that never answers is given up', async () => {
  const bin = join(repository.folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'git'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
  const stuck = createGit({ env: { ...env, PATH: `${bin}:${env.PATH}` }, silenceMs: 200 });
  await expect(stuck.status(repository.folder)).rejects.toMatchObject({
    code: 'git-failed',
    message: expect.stringContaining('0.2 seconds'),
  });
});
