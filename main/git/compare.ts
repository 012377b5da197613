import { GantryError } from '#shared/domain/errors.ts';
import type { CommitDiff } from '#shared/domain/plan.ts';
import { commitFormat, readCommits } from './commit-format.ts';
import { type GitOptions, NoRepository, openRepository, type Repository } from './repository.ts';
import { hasCommit, isSha } from './sha.ts';

type Known = Extract<CommitDiff, { kind: 'known' }>;

/** More than anyone reads; the newest of them. */
const mostCommits = 1_000;

/** Commits and changed lines below the folder, from what the left has to what the right has. */
export async function compareCommits(
  folder: string,
  left: string | undefined,
  right: string | undefined,
  options: GitOptions,
): Promise<CommitDiff> {
  if (left === undefined || right === undefined) return unknown('a release was built without a commit');
  // They come from the ledger, but end up among git's arguments.
  if (!isSha(left) || !isSha(right)) return unknown('a release names no commit');
  if (left === right) return nothingBetween;
  try {
    const repository = await openRepository(folder, options);
    return await compare(repository, left, right).catch(async (error: unknown) => {
      for (const sha of [left, right]) {
        if (!(await hasCommit(repository, sha))) {
          return unknown(`commit ${sha.slice(0, 7)} is not in the repository`);
        }
      }
      throw error;
    });
  } catch (error) {
    if (error instanceof NoRepository || error instanceof GantryError) return unknown(error.message);
    return unknown(error instanceof Error ? error.message : String(error));
  }
}

const nothingBetween: Known = {
  kind: 'known',
  direction: 'same',
  commits: [],
  filesChanged: 0,
  insertions: 0,
  deletions: 0,
};

function unknown(why: string): CommitDiff {
  return { kind: 'unknown', why };
}

async function compare(repository: Repository, left: string, right: string): Promise<CommitDiff> {
  const ask = (range: string) =>
    repository.ask(['log', '-z', commitFormat, `--max-count=${mostCommits}`, range, '--', '.']);
  // Mostly the right is newer, so that is asked for before it is known.
  const [counted, ahead, stat] = await Promise.all([
    repository.ask(['rev-list', '--left-right', '--count', `${left}...${right}`]),
    ask(`${left}..${right}`),
    repository.ask(['diff-tree', '-r', '--shortstat', '--no-renames', ...untouched, left, right, '--', '.']),
  ]);
  const [onLeft = 0, onRight = 0] = counted.trim().split('\t').map(Number);
  const direction = directionOf(onLeft, onRight);
  const log = direction === 'backward' ? await ask(`${right}..${left}`) : ahead;
  return { kind: 'known', direction, commits: [...readCommits(log)], ...readShortStat(stat) };
}

/** A repository may name programs for showing differences. */
const untouched = ['--no-ext-diff', '--no-textconv', '--ignore-submodules=dirty'];

function directionOf(onLeft: number, onRight: number): Known['direction'] {
  if (onLeft === 0 && onRight === 0) return 'same';
  if (onLeft === 0) return 'forward';
  return onRight === 0 ? 'backward' : 'diverged';
}

/** ` 3 files changed, 10 insertions(+), 2 deletions(-)`; what is 0 is left out. */
export function readShortStat(text: string): Pick<Known, 'filesChanged' | 'insertions' | 'deletions'> {
  const amount = (unit: RegExp) => Number(unit.exec(text)?.[1] ?? 0);
  return {
    filesChanged: amount(/(\d+) files? changed/),
    insertions: amount(/(\d+) insertions?/),
    deletions: amount(/(\d+) deletions?/),
  };
}
