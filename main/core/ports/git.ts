import type { CommitDiff } from '#shared/domain/plan.ts';
import type { Commit, ReleaseNotes, Source } from '#shared/domain/release.ts';
import type { GitStatus } from '#shared/domain/workspace.ts';

/** Questions asked of a folder's repository. Outside one, `status` and `source` say so by `undefined` and an empty source. */
export type Git = {
  status(folder: string): Promise<GitStatus | undefined>;
  /**
   * Commit, branch, and a hash over every uncommitted change below `folder` (ignored files excepted). All of them are
   * read, which takes its time where they are large.
   */
  source(folder: string, signal?: AbortSignal): Promise<Source>;
  /** From what the left has to what the right has. Never rejects: what cannot be told is `unknown`. */
  compare(folder: string, leftSha: string | undefined, rightSha: string | undefined): Promise<CommitDiff>;
  /**
   * Commits that `to` has and `from` lacks and that touch the folder, merges excepted: newest first, with their bodies,
   * the first `limit` of `total`. Without `from`, all that `to` has. `undefined` where a commit is unknown.
   */
  log(
    folder: string,
    from: string | undefined,
    to: string,
    limit: number,
  ): Promise<{ readonly commits: ReleaseNotes['commits']; readonly total: number } | undefined>;
  /** Of these paths below the folder, those that git's rules leave out and that it does not follow. */
  ignored(folder: string, paths: readonly string[]): Promise<ReadonlySet<string>>;
  /** The first of these commits that is `sha` or among its ancestors. */
  firstContained(folder: string, shas: readonly string[], sha: string): Promise<string | undefined>;
  /** An annotated tag. Throws `git-failed` when the name is taken by another commit; the same again is no error. */
  createTag(folder: string, name: string, sha: string, message: string): Promise<void>;
  /** Anything that git takes for a commit, such as `v1.4.2` or `main~3`; `undefined` for what it does not. */
  commit(folder: string, revision: string): Promise<Commit | undefined>;
  /** A text file as a commit has it, relative to the folder; `undefined` where it has none. */
  fileAt(folder: string, sha: string, file: string): Promise<string | undefined>;
  /** Other commits beside the person's own work tree. `name`: lower case letters, digits and hyphens. */
  readonly checkouts: {
    /** Where `add` puts what the folder has; nothing is made. */
    place(folder: string, name: string): Promise<string>;
    /** Throws `git-failed`. */
    add(folder: string, sha: string, name: string): Promise<void>;
    /** One that is not there is no error. */
    remove(folder: string, name: string): Promise<void>;
  };
  /** The newest version tag at or before HEAD, such as `1.4.2` for `v1.4.2`, and how many commits came after it. */
  versionTag(
    folder: string,
  ): Promise<{ readonly version: string; readonly commitsSince: number } | undefined>;
};
