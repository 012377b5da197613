import type { GitStatus } from '#shared/domain/workspace.ts';
import { readWorkTree } from './changes.ts';
import { commitFormat, readCommits } from './commit-format.ts';
import { type GitOptions, openRepository, type Repository } from './repository.ts';

/** Branch, HEAD and how many files below the folder differ from it. */
export async function readStatus(folder: string, options: GitOptions): Promise<GitStatus> {
  const repository = await openRepository(folder, options);
  const tree = await readWorkTree(repository, options);
  const head = tree.sha === undefined ? undefined : await readCommit(repository, tree.sha);
  return {
    ...(tree.branch === undefined ? {} : { branch: tree.branch }),
    ...(head === undefined ? {} : { head }),
    uncommittedFiles: tree.changes.length,
  };
}

export async function readCommit(repository: Repository, sha: string) {
  return readCommits(await repository.ask(['log', '-1', '-z', commitFormat, sha])).at(0);
}
