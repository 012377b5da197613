import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Neither the machine's nor the person's configuration decides what a test sees. */
export const env = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada Lovelace',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

export type TestRepository = {
  readonly folder: string;
  git(...argv: readonly string[]): Promise<string>;
  write(name: string, text: string | Buffer, mode?: number): Promise<void>;
  /** Everything that is there; resolves with the commit. */
  commit(subject: string, at?: number): Promise<string>;
  remove(): Promise<void>;
};

export async function makeFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), 'gantry-git-')));
}

export async function makeRepository(folder?: string): Promise<TestRepository> {
  const made = folder ?? (await makeFolder());
  await mkdir(made, { recursive: true });
  const git = async (...argv: readonly string[]) => {
    const running = run('git', [...argv], { cwd: made, env });
    running.child.stdin?.end();
    return (await running).stdout.trim();
  };
  await git('init', '--quiet', '--initial-branch=main');
  return {
    folder: made,
    git,
    async write(name, text, mode) {
      const path = join(made, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      if (mode !== undefined) await chmod(path, mode);
    },
    async commit(subject, at = 1_700_000_000) {
      await git('add', '--all');
      const dates = { GIT_AUTHOR_DATE: `${at} +0000`, GIT_COMMITTER_DATE: `${at} +0000` };
      const argv = ['commit', '--quiet', '--allow-empty', '-m', subject];
      await run('git', argv, { cwd: made, env: { ...env, ...dates } });
      return git('rev-parse', 'HEAD');
    },
    remove: () => rm(made, { recursive: true, force: true }),
  };
}
