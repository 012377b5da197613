import { existsSync } from 'node:fs';
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGit } from '#main/git/git.ts';
import { remoteName } from '#main/git/remote-name.ts';
import { env, makeFolder, makeRepository, type TestRepository } from './repositories.ts';

/*
 * A folder from elsewhere is looked at before anybody trusts it. Whatever its .git says, nothing of it may run.
 */

const git = createGit({ env });
let repository: TestRepository;
let outside: string;
/** Its existence is the proof that something ran. */
let proof: string;
let command: string;

beforeEach(async () => {
  repository = await makeRepository();
  outside = await makeFolder();
  proof = join(outside, 'it-ran');
  command = join(outside, 'command.sh');
  await writeFile(command, `#!/bin/sh\ntouch '${proof}'\ncat\n`, { mode: 0o755 });
  await repository.write('a.txt', 'one\n');
  await repository.write('b.bin', 'one\n');
  await repository.commit('first');
  await repository.write('a.txt', 'other\n');
  await repository.commit('second');
});
afterEach(async () => {
  await repository.remove();
  await rm(outside, { recursive: true });
});

async function askEverything(): Promise<void> {
  const head = await repository.git('rev-parse', 'HEAD');
  const first = await repository.git('rev-list', '--max-parents=0', 'HEAD');
  await git.status(repository.folder);
  await git.source(repository.folder);
  await git.compare(repository.folder, first, head);
  await git.versionTag(repository.folder);
  await remoteName(repository.folder, { env });
}

/** Files that git has to read again to know whether they changed. */
async function touchFiles(): Promise<void> {
  await writeFile(join(repository.folder, 'a.txt'), 'two\n');
  await utimes(join(repository.folder, 'b.bin'), 1, 1);
}

type Trap = readonly [name: string, set: () => Promise<void>];

const traps: readonly Trap[] = [
  ['core.fsmonitor', async () => void (await repository.git('config', 'core.fsmonitor', command))],
  [
    'hooks',
    async () => {
      const hooks = join(repository.folder, '.git/hooks');
      await mkdir(hooks, { recursive: true });
      for (const hook of [
        'post-index-change',
        'fsmonitor-watchman',
        'reference-transaction',
        'post-checkout',
      ]) {
        await writeFile(join(hooks, hook), `#!/bin/sh\ntouch '${proof}'\n`, { mode: 0o755 });
      }
    },
  ],
  [
    'core.hooksPath',
    async () => {
      await writeFile(join(outside, 'post-index-change'), `#!/bin/sh\ntouch '${proof}'\n`, { mode: 0o755 });
      await repository.git('config', 'core.hooksPath', outside);
    },
  ],
  [
    'a clean filter',
    async () => {
      await repository.git('config', 'filter.own.clean', command);
      await repository.git('config', 'filter.own.required', 'true');
      await repository.write('.gitattributes', '* filter=own\n');
    },
  ],
  [
    'a filter process',
    async () => {
      await repository.git('config', 'filter.a.b c.process', command);
      await repository.write('.gitattributes', '* filter="a.b c"\n*.txt filter=a.b\\ c\n* filter=a.b\n');
      await repository.git('config', 'filter.a.b.process', command);
    },
  ],
  [
    'a filter from an included file',
    async () => {
      await writeFile(join(repository.folder, '.git/more'), `[filter "own"]\n\tclean = ${command}\n`);
      await repository.git('config', 'include.path', 'more');
      await repository.write('.gitattributes', '* filter=own\n');
    },
  ],
  [
    'a filter in a configuration of the work tree',
    async () => {
      await repository.git('config', 'extensions.worktreeConfig', 'true');
      await repository.git('config', '--worktree', 'filter.own.clean', command);
      await repository.write('.gitattributes', '* filter=own\n');
    },
  ],
  [
    'external diffs',
    async () => {
      await repository.git('config', 'diff.external', command);
      await repository.git('config', 'diff.own.command', command);
      await repository.git('config', 'diff.own.textconv', command);
      await repository.write('.gitattributes', '* diff=own\n');
    },
  ],
  [
    'a signature program',
    async () => {
      await repository.git('config', 'log.showSignature', 'true');
      await repository.git('config', 'gpg.program', command);
      await repository.git('config', 'gpg.ssh.program', command);
      const tree = await repository.git('rev-parse', 'HEAD^{tree}');
      const signed = `tree ${tree}\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\ngpgsig -----BEGIN PGP SIGNATURE-----\n x\n -----END PGP SIGNATURE-----\n\nsigned\n`;
      await writeFile(join(outside, 'signed'), signed);
      const sha = await repository.git('hash-object', '-t', 'commit', '-w', join(outside, 'signed'));
      await repository.git('update-ref', 'HEAD', sha);
    },
  ],
  [
    'a pager and an editor',
    async () => {
      await repository.git('config', 'core.pager', command);
      await repository.git('config', 'pager.log', command);
      await repository.git('config', 'core.editor', command);
    },
  ],
  [
    'a partial clone whose remote is a command',
    async () => {
      await repository.git('config', 'core.repositoryformatversion', '1');
      await repository.git('config', 'extensions.partialClone', 'origin');
      await repository.git('config', 'remote.origin.url', `ext::${command}`);
      await repository.git('config', 'remote.origin.promisor', 'true');
      await repository.git('config', 'protocol.ext.allow', 'always');
      const blob = await repository.git('rev-parse', 'HEAD~1:a.txt');
      await rm(join(repository.folder, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    },
  ],
  [
    'a submodule with its own configuration',
    async () => {
      const inner = await makeRepository(join(repository.folder, 'sub'));
      await inner.write('x.txt', 'one\n');
      await inner.commit('inner');
      await repository.write('.gitmodules', '[submodule "sub"]\n\tpath = sub\n\turl = ./sub\n');
      await repository.commit('with submodule');
      await inner.git('config', 'core.fsmonitor', command);
      await inner.git('config', 'filter.own.clean', command);
      await inner.write('.gitattributes', '* filter=own\n');
      await inner.write('x.txt', 'two\n');
    },
  ],
  [
    'an alias with the name of a command',
    async () => {
      for (const name of ['status', 'log', 'config', 'rev-parse']) {
        await repository.git('config', `alias.${name}`, `!${command}`);
      }
    },
  ],
];

describe('nothing of an unfamiliar repository is run', () => {
  test.each(traps)('%s', async (_name, set) => {
    await set();
    await touchFiles();
    await askEverything().catch(() => {});
    expect(existsSync(proof)).toBe(false);
  });

  test('the traps are real: plain git falls into some', async () => {
    await repository.git('config', 'core.fsmonitor', command);
    await repository.git('status').catch(() => {});
    expect(existsSync(proof)).toBe(true);
  });

  test('with a clean filter: plain git falls into it, and ours still answers', async () => {
    await repository.git('config', 'filter.own.clean', command);
    await repository.git('config', 'filter.own.required', 'true');
    await repository.write('.gitattributes', '* filter=own\n');
    await touchFiles();
    expect((await git.status(repository.folder))?.uncommittedFiles).toBe(2);
    expect(existsSync(proof)).toBe(false);
    await repository.git('status');
    expect(existsSync(proof)).toBe(true);
  });
});

test('a name made to hide a command is refused, and the command not run', async () => {
  await writeFile(
    join(repository.folder, '.git/config'),
    `[core]\n\trepositoryformatversion = 0\n[filter "a=b"]\n\tclean = ${command}\n`,
  );
  await repository.write('.gitattributes', '* filter=a=b\n');
  await touchFiles();
  await expect(git.status(repository.folder)).rejects.toMatchObject({ code: 'git-failed' });
  expect(existsSync(proof)).toBe(false);
});

test("a person's own filter still works", async () => {
  const home = await makeFolder();
  await writeFile(join(home, '.gitconfig'), '[filter "upper"]\n\tclean = tr a-z A-Z\n');
  await repository.write('.gitattributes', '*.txt filter=upper\n');
  await repository.write('a.txt', 'ONE\n');
  await repository.commit('upper');
  await repository.write('a.txt', 'one\n');
  const own = createGit({ env: { ...env, HOME: home } });
  expect((await own.status(repository.folder))?.uncommittedFiles).toBe(0);
  expect((await git.status(repository.folder))?.uncommittedFiles).toBe(1);
  await rm(home, { recursive: true });
});
