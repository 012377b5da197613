import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGit } from '#main/git/git.ts';
import { env, makeFolder, makeRepository, type TestRepository } from './repositories.ts';

const git = createGit({ env });
let repository: TestRepository;

beforeEach(async () => {
  repository = await makeRepository();
});
afterEach(() => repository.remove());

let writes = 0;
async function commit(subject: string, file = 'a'): Promise<string> {
  writes += 1;
  await repository.write(file, `${writes}`);
  return repository.commit(subject);
}
const log = (from: string | undefined, to: string, limit = 100, folder = repository.folder) =>
  git.log(folder, from, to, limit);
const subjects = async (...asked: Parameters<typeof log>) =>
  (await log(...asked))?.commits.map(({ subject }) => subject);

describe('the commits between two', () => {
  test('are those the second has and the first lacks, newest first, with their bodies', async () => {
    const one = await commit('one');
    await commit('two');
    const three = await commit('feat: three\n\nWhy it is.\n\nBREAKING CHANGE: set KEY\n and more\n');
    expect(await subjects(one, three)).toEqual(['feat: three', 'two']);
    expect(await log(one, three)).toMatchObject({
      total: 2,
      commits: [
        { sha: three, author: 'Ada Lovelace', body: 'Why it is.\n\nBREAKING CHANGE: set KEY\n and more' },
        { body: '' },
      ],
    });
    expect(await subjects(undefined, three)).toEqual(['feat: three', 'two', 'one']);
    expect(await log(three, three)).toEqual({ commits: [], total: 0 });
  });

  test('are cut at the limit, and counted', async () => {
    const one = await commit('one');
    for (const subject of ['two', 'three', 'four']) await commit(subject);
    const head = await commit('five');
    expect(await subjects(one, head, 2)).toEqual(['five', 'four']);
    expect((await log(one, head, 2))?.total).toBe(4);
  });

  test('are also those of merged branches, but not the merges', async () => {
    const one = await commit('one');
    await repository.git('switch', '--quiet', '--create', 'side');
    await commit('on the side', 'b');
    await repository.git('switch', '--quiet', 'main');
    await commit('on main');
    await repository.git('merge', '--quiet', '--no-ff', '-m', 'Merge side', 'side');
    const head = await repository.git('rev-parse', 'HEAD');
    expect((await subjects(one, head))?.sort()).toEqual(['on main', 'on the side']);
  });

  test('are those that touch the workspace, where it is a part of the repository', async () => {
    const one = await commit('one', 'app/a');
    await commit('elsewhere', 'other/b');
    const head = await commit('here', 'app/a');
    expect(await subjects(one, head, 100, join(repository.folder, 'app'))).toEqual(['here']);
  });

  test('have bodies without what steers a terminal, and of a length that can be kept', async () => {
    const head = await commit(`one\n\nred \u001b[31mtext\r\nnext\n${'x'.repeat(5_000)}`);
    const body = (await log(undefined, head))?.commits[0]?.body ?? '';
    expect(body).toMatch(/^red {1,2}\[31mtext\nnext\nxxx/);
    expect(body.length).toBe(4_000);
  });

  test.each([
    ['a'.repeat(40), 'HEAD'],
    ['HEAD', '--output=/tmp/x'],
  ])('are unknown where one of them is: %s', async (from, to) => {
    const head = await commit('one');
    const named = (text: string) => (text === 'HEAD' ? head : text);
    expect(await log(named(from), named(to))).toBeUndefined();
  });

  test('are unknown outside of a repository', async () => {
    const folder = await makeFolder();
    expect(await log(undefined, 'a'.repeat(40), 1, folder)).toBeUndefined();
    await repository.remove();
    repository = await makeRepository(folder);
  });
});

test('the first commit that another contains', async () => {
  const one = await commit('one');
  await repository.git('switch', '--quiet', '--create', 'side');
  const side = await commit('side', 'b');
  await repository.git('switch', '--quiet', 'main');
  const two = await commit('two');
  const first = (...shas: readonly string[]) => git.firstContained(repository.folder, shas, two);
  expect(await first(side, two, one)).toBe(two);
  expect(await first(side, one)).toBe(one);
  expect(await first('f'.repeat(40), '-x', side)).toBeUndefined();
  expect(await first()).toBeUndefined();
});

describe('a tag', () => {
  const tag = (name: string, sha: string, message = 'Notes\n# not a comment\n') =>
    git.createTag(repository.folder, name, sha, message);
  let head: string;

  beforeEach(async () => {
    head = await commit('one');
    await repository.git('config', 'user.name', 'Grace');
    await repository.git('config', 'user.email', 'grace@example.com');
  });

  test('is annotated, and says who made it and what is in it', async () => {
    await tag('v1.0.0', head);
    expect(await repository.git('cat-file', '-t', 'v1.0.0')).toBe('tag');
    const text = await repository.git('cat-file', 'tag', 'v1.0.0');
    expect(text).toContain('tagger Grace <grace@example.com>');
    expect(text).toMatch(/\n\nNotes\n# not a comment$/);
    expect(await repository.git('rev-parse', 'v1.0.0^{}')).toBe(head);
  });

  test('that is there already on that commit is no error, however it was made', async () => {
    await tag('v1', head);
    const before = await repository.git('rev-parse', 'v1');
    await tag('v1', head, 'other words');
    expect(await repository.git('rev-parse', 'v1')).toBe(before);
    await repository.git('tag', 'light', head);
    await tag('light', head);
  });

  test('does not move', async () => {
    await tag('v1', head);
    const next = await commit('two');
    await expect(tag('v1', next)).rejects.toMatchObject({
      code: 'git-failed',
      message: `The git tag v1 is on commit ${head.slice(0, 7)} already.`,
    });
    expect(await repository.git('rev-parse', 'v1^{}')).toBe(head);
  });

  test.each(['', '-d', 'a b', 'a..b', 'x.lock', 'a~1', 'a:b', '../x', '@{1}'])(
    'has a name that git takes, unlike %j',
    async (name) => {
      await expect(tag(name, head)).rejects.toMatchObject({
        code: 'git-failed',
        message: expect.stringContaining('is no name for a git tag'),
      });
      expect(await repository.git('tag')).toBe('');
    },
  );

  test('wants a commit that is there', async () => {
    await expect(tag('v1', 'a'.repeat(40))).rejects.toMatchObject({
      message: 'Commit aaaaaaa is not in the repository.',
    });
  });

  test.each(['user.name', 'user.email'])('wants %s, and says how to set it', async (key) => {
    await repository.git('config', '--unset', key);
    await expect(tag('v1', head)).rejects.toMatchObject({
      code: 'git-failed',
      message: `git knows no ${key}, and an annotated tag says who made it.`,
      hint: `Set it: git config --global ${key} "…"`,
    });
    expect(await repository.git('tag')).toBe('');
  });

  test('starts nothing that the repository names', async () => {
    const trap = join(repository.folder, 'trap.sh');
    const caught = join(repository.folder, 'caught');
    await writeFile(trap, `#!/bin/sh\ntouch ${caught}\nexit 1\n`);
    await chmod(trap, 0o755);
    for (const key of ['gpg.program', 'core.editor', 'gpg.ssh.program']) {
      await repository.git('config', key, trap);
    }
    await repository.git('config', 'tag.gpgSign', 'true');
    await repository.git('config', 'tag.forceSignAnnotated', 'true');
    await writeFile(
      join(repository.folder, '.git/hooks/reference-transaction'),
      `#!/bin/sh\ntouch ${caught}\n`,
    );
    await chmod(join(repository.folder, '.git/hooks/reference-transaction'), 0o755);
    await tag('v1', head);
    expect(await git.ignored(repository.folder, ['caught'])).toEqual(new Set());
    await expect(repository.git('ls-files', '--others', '--exclude-standard')).resolves.toBe('trap.sh');
  });
});

describe('what git ignores', () => {
  const ignored = async (...paths: readonly string[]) => [...(await git.ignored(repository.folder, paths))];

  test('is what its rules leave out and it does not follow', async () => {
    await repository.write('.gitignore', '*.log\n/dist/\n!keep.log\n');
    await repository.write('followed.log', '');
    await repository.git('add', '--force', '.');
    await repository.commit('one');
    const paths = [
      'a.log',
      'sub/a.log',
      'dist/x',
      'keep.log',
      'followed.log',
      'src/a.ts',
      'ä ö.log',
      ':odd.log',
    ];
    expect(await ignored(...paths)).toEqual(['a.log', 'sub/a.log', 'dist/x', 'ä ö.log', ':odd.log']);
    expect(await ignored()).toEqual([]);
  });

  test('is told of the others where git refuses to say of one', async () => {
    await repository.write('.gitignore', '*.log\n');
    await repository.git('init', '--quiet', 'nested');
    await repository.git('-C', 'nested', 'commit', '--quiet', '--allow-empty', '-m', 'x');
    await repository.git(
      '-c',
      'protocol.file.allow=always',
      'submodule',
      '--quiet',
      'add',
      './nested',
      'nested',
    );
    expect(await ignored('a.log', 'nested/b.log', 'c.log', 'd')).toEqual(['a.log', 'c.log']);
  });

  test('is asked for many paths at once', async () => {
    await repository.write('.gitignore', '*.log\n');
    const paths = Array.from({ length: 1_000 }, (_, index) => `${index}.${index % 2 === 0 ? 'log' : 'txt'}`);
    expect(await ignored(...paths)).toHaveLength(500);
  });

  test('is nothing outside of a repository', async () => {
    const folder = await makeFolder();
    expect(await git.ignored(folder, ['a'])).toEqual(new Set());
    await repository.remove();
    repository = await makeRepository(folder);
  });
});
