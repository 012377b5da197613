import { GantryError } from '#shared/domain/errors.ts';
import type { GitStatus } from '#shared/domain/workspace.ts';
import { readWorkTree } from './changes.ts';
import { commitFormat, readCommits } from './commit-format.ts';
import { type GitOptions, openRepository, type Repository } from './repository.ts';

/** Branch, HEAD and how many files below the folder differ from it. */
export async function readStatus(folder: string, options: GitOptions): Promise<GitStatus> {
  const repository = await openRepository(folder, options);
  const [tree, head] = await Promise.all([
    readWorkTree(repository, options),
    // Before the first commit there is no HEAD to tell of.
    readCommit(repository, 'HEAD').catch(unlessGitSays),
  ]);
  return {
    ...(tree.branch === undefined ? {} : { branch: tree.branch }),
    ...(head === undefined || tree.sha === undefined ? {} : { head }),
    uncommittedFiles: tree.changes.length,
  };
}

export async function readCommit(repository: Repository, revision: string) {
  return readCommits(await repository.ask(['log', '-1', '-z', commitFormat, revision])).at(0);
}

function unlessGitSays(error: unknown): undefined {
  if (error instanceof GantryError) return undefined;
  throw error;
}
