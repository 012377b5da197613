import { GantryError } from '#shared/domain/errors.ts';
import { type GitOptions, openRepository, type Repository } from './repository.ts';
import { hasCommit, isSha } from './sha.ts';

/**
 * An annotated tag, which is never signed: git would start the program that the repository names for it. The same tag
 * on the same commit is there already, whoever made it.
 */
export async function createTag(
  folder: string,
  name: string,
  sha: string,
  message: string,
  options: GitOptions,
): Promise<void> {
  const repository = await openRepository(folder, options);
  await requireName(repository, name);
  if (!isSha(sha) || !(await hasCommit(repository, sha))) {
    throw refused(`Commit ${sha.slice(0, 7)} is not in the repository.`, 'Fetch it, then tag again.');
  }
  const there = await commitOf(repository, name);
  if (there === sha) return;
  if (there !== undefined) throw taken(name, there);
  try {
    await repository.ask([
      ...['tag', '--annotate', '--no-sign', '--cleanup=whitespace'],
      ...[`--message=${message}`, '--', name, sha],
    ]);
  } catch (error) {
    const why = await explain(repository, name, sha, error);
    if (why !== undefined) throw why;
  }
}

async function requireName(repository: Repository, name: string): Promise<void> {
  const ref = `refs/tags/${name}`;
  // It prints what it would be called; nothing where it cannot be.
  const normal = name.startsWith('-')
    ? ''
    : await silent(repository, ['check-ref-format', '--normalize', ref]);
  if (normal === ref) return;
  throw refused(
    `${JSON.stringify(name)} is no name for a git tag.`,
    'Take one such as v1.4.2, without spaces, "..", "~", "^" and ":".',
  );
}

/** Where git says no by its exit code alone, there is nothing in its answer. */
async function silent(repository: Repository, argv: readonly string[]): Promise<string> {
  try {
    return (await repository.ask(argv)).trim();
  } catch (error) {
    if (error instanceof GantryError) return '';
    throw error;
  }
}

async function commitOf(repository: Repository, name: string): Promise<string | undefined> {
  const found = await silent(repository, ['rev-parse', '--verify', '--quiet', `refs/tags/${name}^{}`]);
  return found === '' ? undefined : found;
}

/** `undefined` where another git was quicker and made the same. And git's own words about a missing name and address are 12 lines. */
async function explain(repository: Repository, name: string, sha: string, error: unknown): Promise<unknown> {
  if (!(error instanceof GantryError)) return error;
  const there = await commitOf(repository, name);
  if (there === sha) return undefined;
  if (there !== undefined) return taken(name, there);
  for (const key of ['user.name', 'user.email']) {
    if ((await silent(repository, ['config', '--get', key])) !== '') continue;
    return refused(
      `git knows no ${key}, and an annotated tag says who made it.`,
      `Set it: git config --global ${key} "…"`,
      error,
    );
  }
  return error;
}

function taken(name: string, sha: string): GantryError {
  return refused(
    `The git tag ${name} is on commit ${sha.slice(0, 7)} already.`,
    'Take another name, or delete that tag first if it is wrong.',
  );
}

function refused(message: string, hint: string, cause?: unknown): GantryError {
  return new GantryError('git-failed', message, hint, { cause });
}
