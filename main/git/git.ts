import type { Git } from '#main/core/ports.ts';
import { compareCommits } from './compare.ts';
import { type GitOptions, NoRepository } from './repository.ts';
import { readSource } from './source.ts';
import { readStatus } from './status.ts';
import { readVersionTag } from './version-tag.ts';

export function createGit(options: GitOptions): Git {
  return {
    status: (folder) => readStatus(folder, options).catch(unlessOutside(undefined)),
    source: (folder) => readSource(folder, options).catch(unlessOutside({ uncommittedFiles: 0 })),
    compare: (folder, left, right) => compareCommits(folder, left, right, options),
    versionTag: (folder) => readVersionTag(folder, options).catch(unlessOutside(undefined)),
  };
}

/** No git, no repository and no folder are answers. */
function unlessOutside<T>(answer: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof NoRepository) return answer;
    throw error;
  };
}
