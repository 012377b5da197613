import type { Git } from '#main/core/ports.ts';
import { addCheckout, checkoutPlace, findCommit, readFileAt, removeCheckout } from './checkout.ts';
import { compareCommits } from './compare.ts';
import { createTag } from './create-tag.ts';
import { readIgnored } from './ignored.ts';
import { firstContained, readLog } from './log.ts';
import { type GitOptions, NoRepository } from './repository.ts';
import { readSource } from './source.ts';
import { readStatus } from './status.ts';
import { readVersionTag } from './version-tag.ts';

export type OpenGit = GitOptions & {
  /** Where other commits are checked out; only building one of them needs it. */
  readonly checkoutsFolder?: string;
};

export function createGit(options: OpenGit): Git {
  return {
    status: (folder) => readStatus(folder, options).catch(unlessOutside(undefined)),
    source: (folder, signal) =>
      readSource(folder, options, signal).catch(unlessOutside({ uncommittedFiles: 0 })),
    compare: (folder, left, right) => compareCommits(folder, left, right, options),
    ignored: (folder, paths) => readIgnored(folder, paths, options).catch(unlessOutside(new Set<string>())),
    log: (folder, from, to, limit) =>
      readLog(folder, from, to, limit, options).catch(unlessOutside(undefined)),
    firstContained: (folder, shas, sha) =>
      firstContained(folder, shas, sha, options).catch(unlessOutside(undefined)),
    createTag: (folder, name, sha, message) => createTag(folder, name, sha, message, options),
    commit: (folder, revision) => findCommit(folder, revision, options).catch(unlessOutside(undefined)),
    fileAt: (folder, sha, file) => readFileAt(folder, sha, file, options),
    checkouts: {
      place: (folder, name) => checkoutPlace(folder, name, checkoutsIn(options), options),
      add: (folder, sha, name) => addCheckout(folder, sha, name, checkoutsIn(options), options),
      remove: (folder, name) => removeCheckout(folder, name, checkoutsIn(options), options),
    },
    versionTag: (folder) => readVersionTag(folder, options).catch(unlessOutside(undefined)),
  };
}

function checkoutsIn({ checkoutsFolder }: OpenGit): string {
  if (checkoutsFolder === undefined) throw new Error('no folder for checkouts was named');
  return checkoutsFolder;
}

/** No git, no repository and no folder are answers. */
function unlessOutside<T>(answer: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof NoRepository) return answer;
    throw error;
  };
}
