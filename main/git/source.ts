import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Source } from '#shared/domain/release.ts';
import { below, readNested, type WorkTree } from './changes.ts';
import { ifMissing } from './if-missing.ts';
import { type GitOptions, openRepository } from './repository.ts';
import { readTreeAndHead } from './status.ts';

/** What is built: the commit, and a hash over the names, modes and bytes of every file that differs from it. */
export async function readSource(folder: string, options: GitOptions, signal?: AbortSignal): Promise<Source> {
  const repository = await openRepository(folder, options);
  const { tree, commit } = await readTreeAndHead(repository, options);
  return {
    ...(commit === undefined ? {} : { commit }),
    ...(tree.branch === undefined ? {} : { branch: tree.branch }),
    uncommittedFiles: tree.changes.length,
    ...(tree.changes.length === 0 ? {} : { uncommittedHash: await hashChanges(tree, options, signal) }),
  };
}

async function hashChanges(tree: WorkTree, options: GitOptions, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (const { path } of tree.changes) {
    signal?.throwIfAborted();
    const content = await contentOf(below(tree.folder, path), options, signal);
    // A name cannot hold NUL, so no two lists of changes give the same bytes.
    hash.update(path).update(`\0${content}\0`);
  }
  return hash.digest('hex');
}

/** What lies at a path now, in one line. */
async function contentOf(path: Buffer, options: GitOptions, signal?: AbortSignal): Promise<string> {
  const facts = await lstat(path).catch(ifMissing);
  if (facts === undefined) return 'gone';
  if (facts.isSymbolicLink()) {
    const target = await readlink(path, { encoding: 'buffer' });
    return `link ${createHash('sha256').update(target).digest('hex')}`;
  }
  if (facts.isDirectory()) return describeNested(path.toString(), options, signal);
  if (!facts.isFile()) return 'special';
  // Git knows of no other mode than this one.
  const mode = (facts.mode & 0o100) === 0 ? 'file' : 'program';
  return `${mode} ${await hashFile(path, signal)}`;
}

async function describeNested(folder: string, options: GitOptions, signal?: AbortSignal): Promise<string> {
  const nested = await readNested(folder, options);
  if (nested === undefined) return 'folder';
  return `repository ${nested.sha ?? '-'} ${await hashChanges(nested, options, signal)}`;
}

async function hashFile(path: Buffer, signal?: AbortSignal): Promise<string> {
  const hash: Hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, signal === undefined ? {} : { signal });
  return hash.digest('hex');
}
