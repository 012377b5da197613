import type { ReleaseNotes } from '#shared/domain/release.ts';
import { commitFormatWithBody, readCommitsWithBody } from './commit-format.ts';
import { type GitOptions, openRepository } from './repository.ts';
import { hasCommit, isSha } from './sha.ts';

export type Log = { readonly commits: ReleaseNotes['commits']; readonly total: number };

/**
 * Commits that `to` has and `from` lacks and that touch the folder, newest first. Those of merged branches are among
 * them, merges themselves are not: they say nothing that their commits do not. `undefined` where a commit is unknown.
 */
export async function readLog(
  folder: string,
  from: string | undefined,
  to: string,
  limit: number,
  options: GitOptions,
): Promise<Log | undefined> {
  const ends = from === undefined ? [to] : [from, to];
  // They come from the ledger, but end up among git's arguments.
  if (!ends.every(isSha)) return undefined;
  const repository = await openRepository(folder, options);
  const which = ['--no-merges', ends.map((sha) => `${sha}^{commit}`).join('..'), '--', '.'];
  try {
    const log = await repository.ask(['log', '-z', commitFormatWithBody, `--max-count=${limit}`, ...which]);
    const commits = [...readCommitsWithBody(log)];
    if (commits.length < limit) return { commits, total: commits.length };
    return { commits, total: Number(await repository.ask(['rev-list', '--count', ...which])) };
  } catch (error) {
    const known = await Promise.all(ends.map((sha) => hasCommit(repository, sha)));
    if (known.includes(false)) return undefined;
    throw error;
  }
}

/** The first of these commits that `sha` has, itself included. */
export async function firstContained(
  folder: string,
  shas: readonly string[],
  sha: string,
  options: GitOptions,
): Promise<string | undefined> {
  const repository = await openRepository(folder, options);
  for (const candidate of shas) {
    if (!isSha(candidate) || !isSha(sha) || !(await hasCommit(repository, candidate))) continue;
    const base = await repository.ask(['merge-base', candidate, sha]);
    if (base.trim() === candidate) return candidate;
  }
  return undefined;
}
