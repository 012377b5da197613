import { GantryError } from '#shared/domain/errors.ts';
import type { GitStatus } from '#shared/domain/workspace.ts';
import { readWorkTree, type WorkTree } from './changes.ts';
import { commitFormat, readCommits } from './commit-format.ts';
import { type GitOptions, openRepository, type Repository } from './repository.ts';

/** Branch, HEAD and how many files below the folder differ from it. */
export async function readStatus(folder: string, options: GitOptions): Promise<GitStatus> {
  const repository = await openRepository(folder, options);
  const [tree, head] = await Promise.all([readWorkTree(repository, options), readHead(repository)]);
  const commit = await commitOf(repository, tree, head);
  return {
    ...(tree.branch === undefined ? {} : { branch: tree.branch }),
    ...(commit === undefined ? {} : { head: commit }),
    uncommittedFiles: tree.changes.length,
  };
}

type Commit = Awaited<ReturnType<typeof readCommit>>;

export async function readCommit(repository: Repository, revision: string) {
  return readCommits(await repository.ask(['log', '-1', '-z', commitFormat, revision])).at(0);
}

/** For asking at the same time what the tree is. Before the first commit there is no HEAD to tell of. */
export async function readHead(repository: Repository): Promise<Commit> {
  return readCommit(repository, 'HEAD').catch(unlessGitSays);
}

/** Of the tree as it was seen. Somebody may have committed between the two questions. */
export async function commitOf(repository: Repository, { sha }: WorkTree, head: Commit): Promise<Commit> {
  if (sha === undefined) return undefined;
  return head?.sha === sha ? head : readCommit(repository, sha);
}

function unlessGitSays(error: unknown): undefined {
  if (error instanceof GantryError) return undefined;
  throw error;
}
