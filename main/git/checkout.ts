import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';
import type { Commit } from '#shared/domain/release.ts';
import { type GitOptions, openRepository, type Repository } from './repository.ts';
import { readCommit } from './status.ts';

/** Writing out a large tree is silent for long. */
const writingMs = 10 * 60_000;

/** Anything that git takes for a commit; `undefined` for what it does not. */
export async function findCommit(
  folder: string,
  revision: string,
  options: GitOptions,
): Promise<Commit | undefined> {
  const repository = await openRepository(folder, options);
  try {
    const argv = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
    const sha = (await repository.ask(argv)).trim();
    return sha === '' ? undefined : await readCommit(repository, sha);
  } catch (error) {
    if (error instanceof GantryError) return undefined;
    throw error;
  }
}

/** A file as a commit has it, relative to the folder; `undefined` where it has none. */
export async function readFileAt(
  folder: string,
  sha: string,
  file: string,
  options: GitOptions,
): Promise<string | undefined> {
  const repository = await openRepository(folder, options);
  const listed = await repository.ask(['ls-tree', '-z', sha, '--', file]);
  const blob = /^100\d{3} blob ([0-9a-f]+)\t/.exec(listed)?.[1];
  return blob === undefined ? undefined : repository.ask(['cat-file', 'blob', blob]);
}

/** Where a checkout of this name has what `folder` has in the work tree of its repository. Makes nothing. */
export async function checkoutPlace(
  folder: string,
  name: string,
  checkouts: string,
  options: GitOptions,
): Promise<string> {
  const repository = await openRepository(folder, options);
  const prefix = (await repository.ask(['rev-parse', '--show-prefix'])).replace(/\n$/, '');
  return join(checkouts, safeName(name), prefix);
}

/** A work tree of its own, beside the person's: their files, branch and index stay as they are. */
export async function addCheckout(
  folder: string,
  sha: string,
  name: string,
  checkouts: string,
  options: GitOptions,
): Promise<void> {
  const place = await checkoutPlace(folder, name, checkouts, options);
  const repository = await patient(folder, options);
  await mkdir(checkouts, { recursive: true, mode: 0o700 });
  await repository.ask(['worktree', 'add', '--quiet', '--detach', join(checkouts, safeName(name)), sha]);
  if ((await stat(place).catch(() => undefined))?.isDirectory() === true) return;
  throw new GantryError(
    'git-failed',
    `Commit ${sha.slice(0, 7)} has no folder for this workspace.`,
    'Name a commit in which the workspace was where it is today.',
  );
}

/** What is not there, or only partly, is no error. */
export async function removeCheckout(
  folder: string,
  name: string,
  checkouts: string,
  options: GitOptions,
): Promise<void> {
  const path = join(checkouts, safeName(name));
  const repository = await patient(folder, options).catch(() => undefined);
  // Twice: also one that another process holds by a lock.
  await repository?.ask(['worktree', 'remove', '--force', '--force', path]).catch(unlessBug);
  await rm(path, { recursive: true, force: true });
}

async function patient(folder: string, options: GitOptions): Promise<Repository> {
  return openRepository(folder, { ...options, silenceMs: writingMs });
}

function unlessBug(error: unknown): void {
  if (!(error instanceof GantryError)) throw error;
}

/** It becomes a part of a path. */
function safeName(name: string): string {
  if (/^[a-z0-9][a-z0-9-]*$/.test(name)) return name;
  throw new Error(`${name} is no name for a checkout`);
}
