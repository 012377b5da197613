import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type GitOptions, NoRepository, openRepository, type Repository } from './repository.ts';

/** One path that differs from HEAD. */
export type Change = {
  /** Below the folder that was asked about, as bytes: a name need not be UTF-8. */
  readonly path: Buffer;
  readonly isSubmodule: boolean;
};

export type WorkTree = {
  /** Absent before the first commit. */
  readonly sha?: string;
  /** Absent on a detached HEAD. */
  readonly branch?: string;
  /** That was asked about; it may be a part of the repository. */
  readonly folder: string;
  readonly changes: readonly Change[];
};

/** HEAD and what differs from it below the folder, ignored files excepted. */
export async function readWorkTree(repository: Repository, options: GitOptions): Promise<WorkTree> {
  // Submodules are compared by their commit alone: git would go by their own configuration otherwise.
  const text = await repository.ask([
    ...['status', '--porcelain=v2', '--branch', '--untracked-files=all', '--no-renames'],
    ...['--ignore-submodules=dirty', '--', '.'],
  ]);
  const tree = { ...parseStatus(text), folder: repository.folder };
  if (!existsSync(join(tree.folder, '.git')) && (await isIgnored(repository))) {
    throw new NoRepository(`${repository.folder} is ignored by the repository around it`);
  }
  const dirty = await dirtySubmodules(repository, tree, options);
  const changes = [...tree.changes, ...dirty].sort((left, right) => Buffer.compare(left.path, right.path));
  return { ...tree, changes };
}

/** A project below, say, a home folder that is a repository itself and ignores what it does not know. */
async function isIgnored(repository: Repository): Promise<boolean> {
  const rule = await repository.ask(['check-ignore', '--verbose', '--non-matching', '--', '.']);
  if (rule.startsWith('::')) return false;
  return (await repository.ask(['ls-files', '--', '.'])).trim() === '';
}

async function dirtySubmodules(
  repository: Repository,
  tree: WorkTree,
  options: GitOptions,
): Promise<readonly Change[]> {
  if (!(await mayHaveSubmodules(repository))) return [];
  const files = await repository.ask(['ls-files', '--stage', '--', '.']);
  const known = new Set(tree.changes.map(({ path }) => path.toString('latin1')));
  const dirty: Change[] = [];
  for (const line of files.split('\n')) {
    const [entry = '', name] = line.split('\t');
    const path = name === undefined ? undefined : unquote(name);
    if (path === undefined || !entry.startsWith('160000 ') || known.has(path.toString('latin1'))) continue;
    const nested = await readNested(below(tree.folder, path).toString(), options);
    if (nested !== undefined && nested.changes.length > 0) dirty.push({ path, isSubmodule: true });
  }
  return dirty;
}

/** Git keeps what it knows of them at the top, which is this folder in most repositories. */
async function mayHaveSubmodules(repository: Repository): Promise<boolean> {
  const { folder } = repository;
  const isTop = existsSync(join(folder, '.git'));
  const top = isTop ? folder : join(folder, (await repository.ask(['rev-parse', '--show-cdup'])).trim());
  return existsSync(join(top, '.gitmodules'));
}

/** A repository inside another: a submodule, or one that was cloned there. `undefined` when the folder is none. */
export async function readNested(folder: string, options: GitOptions): Promise<WorkTree | undefined> {
  // Without one git would go on to the repository around it.
  if (!existsSync(join(folder, '.git'))) return undefined;
  try {
    return await readWorkTree(await openRepository(folder, options), options);
  } catch (error) {
    if (error instanceof NoRepository) return undefined;
    throw error;
  }
}

export function below(folder: string, path: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), path]);
}

/** Paths come quoted and not NUL-separated because output is decoded as UTF-8: quoted, it is all ASCII. */
export function parseStatus(text: string): Omit<WorkTree, 'folder'> {
  const headers = new Map<string, string>();
  const changes: Change[] = [];
  for (const line of text.split('\n')) {
    const header = /^# (\S+) (.*)$/.exec(line);
    if (header?.[1] !== undefined) headers.set(header[1], header[2] ?? '');
    const change = parseChange(line);
    if (change !== undefined) changes.push(change);
  }
  const sha = headers.get('branch.oid');
  const branch = headers.get('branch.head');
  return {
    ...(sha === undefined || sha === '(initial)' ? {} : { sha }),
    ...(branch === undefined || branch === '(detached)' ? {} : { branch }),
    changes,
  };
}

/** Fields before the path, by the kind of line (git status, "Porcelain Format Version 2"). */
const fieldsBefore: Readonly<Record<string, number>> = { '1': 8, u: 10, '?': 1 };

function parseChange(line: string): Change | undefined {
  const before = fieldsBefore[line.charAt(0)];
  if (before === undefined || line.charAt(1) !== ' ') return undefined;
  const fields = line.split(' ');
  const path = fields.slice(before).join(' ');
  return { path: unquote(path), isSubmodule: before > 1 && (fields[2] ?? '').startsWith('S') };
}

const escapes: Readonly<Record<string, number>> = {
  ...{ a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 },
  ...{ '"': 34, '\\': 92 },
};

/** Git quotes names with unusual bytes as C does. */
export function unquote(path: string): Buffer {
  if (!path.startsWith('"')) return Buffer.from(path);
  const bytes: number[] = [];
  for (const [, octal, letter, plain] of path.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\])/gs)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (letter !== undefined) bytes.push(escapes[letter] ?? letter.charCodeAt(0));
    else if (plain !== undefined) bytes.push(plain.charCodeAt(0));
  }
  return Buffer.from(bytes);
}
