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
  const repository = await openRepository(folder, options);
  for (const sha of from === undefined ? [to] : [from, to]) {
    // They come from the ledger, but end up among git's arguments.
    if (!isSha(sha) || !(await hasCommit(repository, sha))) return undefined;
  }
  const range = from === undefined ? to : `${from}..${to}`;
  const [log, count] = await Promise.all([
    repository.ask([
      ...['log', '-z', '--no-merges', commitFormatWithBody, `--max-count=${limit}`],
      ...[range, '--', '.'],
    ]),
    repository.ask(['rev-list', '--count', '--no-merges', range, '--', '.']),
  ]);
  return { commits: [...readCommitsWithBody(log)], total: Number(count) };
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
