import { GantryError } from '#shared/domain/errors.ts';
import type { GitStatus } from '#shared/domain/workspace.ts';
import { readWorkTree, type WorkTree } from './changes.ts';
import { commitFormat, readCommits } from './commit-format.ts';
import { type GitOptions, openRepository, type Repository } from './repository.ts';

/** Branch, HEAD and how many files below the folder differ from it. */
export async function readStatus(folder: string, options: GitOptions): Promise<GitStatus> {
  const repository = await openRepository(folder, options);
  const { tree, commit } = await readTreeAndHead(repository, options);
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

/** HEAD as it was when it was last asked for, by folder: a commit is what it is, and mostly the same one is asked for. */
const lastHeads = new WeakMap<GitOptions, Map<string, Commit>>();

/** The tree as it was seen, and its commit. Before the first one there is none. */
export async function readTreeAndHead(
  repository: Repository,
  options: GitOptions,
): Promise<{ readonly tree: WorkTree; readonly commit: Commit }> {
  const heads = lastHeads.get(options) ?? new Map<string, Commit>();
  lastHeads.set(options, heads);
  const { folder } = repository;
  // To start git costs milliseconds: the first time both are asked at once, later the tree alone.
  const [tree, head] = await Promise.all([
    readWorkTree(repository, options),
    heads.has(folder) ? heads.get(folder) : readCommit(repository, 'HEAD').catch(unlessGitSays),
  ]);
  const commit = await commitOf(repository, tree, head);
  heads.set(folder, commit);
  return { tree, commit };
}

/** Somebody may have committed since or between the two questions. */
async function commitOf(repository: Repository, { sha }: WorkTree, head: Commit): Promise<Commit> {
  if (sha === undefined) return undefined;
  return head?.sha === sha ? head : readCommit(repository, sha);
}

function unlessGitSays(error: unknown): undefined {
  if (error instanceof GantryError) return undefined;
  throw error;
}
