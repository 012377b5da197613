import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifMissing } from './if-missing.ts';
import { type GitOptions, openRepository, type Repository } from './repository.ts';

export type VersionTag = { readonly version: string; readonly commitsSince: number };

/** The highest version among the tags that HEAD contains. `undefined` without one, and before the first commit. */
export async function readVersionTag(folder: string, options: GitOptions): Promise<VersionTag | undefined> {
  if (await hasNoTags(folder)) return undefined;
  const repository = await openRepository(folder, options);
  const newest = newestVersion(await tagsOfHead(repository));
  if (newest === undefined) return undefined;
  const commits = await repository.ask(['rev-list', '--count', `refs/tags/${newest.tag}..HEAD`]);
  return { version: newest.version, commitsSince: Number(commits) };
}

/**
 * What the disk says by itself, where this is the top of an ordinary repository (git help repository-layout): to start git
 * takes longer, and most have no tags. False for all that must be asked for.
 */
async function hasNoTags(folder: string): Promise<boolean> {
  const git = join(folder, '.git');
  const [loose, packed, reftable] = await Promise.all([
    readdir(join(git, 'refs', 'tags')).catch(() => undefined),
    readFile(join(git, 'packed-refs'), 'latin1').catch(ifMissing),
    stat(join(git, 'reftable')).catch(ifMissing),
  ]).catch(() => []);
  return loose?.length === 0 && packed?.includes(' refs/tags/') !== true && reftable === undefined;
}

async function tagsOfHead(repository: Repository): Promise<readonly string[]> {
  try {
    return (await repository.ask(['tag', '--merged', 'HEAD'])).split('\n');
  } catch (error) {
    // Before the first commit git complains, and with words that may change.
    const known = await repository.ask(['rev-parse', '--verify', '--quiet', 'HEAD']);
    if (known.trim() === '') return [];
    throw error;
  }
}

const versionTag = /^v?((\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?)$/;

type Version = {
  readonly tag: string;
  readonly version: string;
  readonly numbers: readonly number[];
  readonly pre: readonly string[];
};

export function newestVersion(tags: readonly string[]): Version | undefined {
  return tags
    .flatMap((tag) => readVersion(tag) ?? [])
    .sort(compareVersions)
    .at(-1);
}

function readVersion(tag: string): Version | undefined {
  const [, version, major, minor, patch, pre] = versionTag.exec(tag) ?? [];
  if (version === undefined) return undefined;
  return { tag, version, numbers: [major, minor, patch].map(Number), pre: pre?.split('.') ?? [] };
}

/** Precedence as semver.org has it. */
function compareVersions(left: Version, right: Version): number {
  for (const [at, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  // 1.0.0-rc.1 comes before 1.0.0.
  if (left.pre.length === 0 || right.pre.length === 0) return right.pre.length - left.pre.length;
  for (const [at, part] of left.pre.entries()) {
    const other = right.pre[at];
    if (other === undefined) return 1;
    const difference = compareIdentifiers(part, other);
    if (difference !== 0) return difference;
  }
  return left.pre.length - right.pre.length;
}

function compareIdentifiers(left: string, right: string): number {
  const [leftIsNumber, rightIsNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (leftIsNumber && rightIsNumber) return Number(left) - Number(right);
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}
