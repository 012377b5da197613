import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';
import { withLock } from './lock.ts';
import { cacheFolder } from './machine.ts';
import { lastWords, run } from './process.ts';

const quiet = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };

/** Another program may be installing at this moment: wait for it instead of failing, in seconds. */
const waitForDpkg = ['-o', 'DPkg::Lock::Timeout=180'];

async function apt(args: readonly string[], cwd?: string): Promise<{ ok: boolean; said: string }> {
  const done = await run('apt-get', args, { env: quiet, ...(cwd === undefined ? {} : { cwd }) });
  return { ok: done.code === 0, said: lastWords(done.stderr === '' ? done.stdout : done.stderr) };
}

/** Installs packages of the machine's own release, refreshing its package lists only if that is needed. */
export async function installPackages(names: readonly string[], why: string): Promise<void> {
  const install = ['install', '-y', '--no-install-recommends', ...waitForDpkg, ...names];
  await withLock(join(cacheFolder(), 'apt.lock'), async () => {
    if ((await apt(install)).ok) return;
    await apt(['update', ...waitForDpkg]);
    const second = await apt(install);
    if (second.ok) return;
    throw new GantryError(
      'engine-unreachable',
      `apt-get could not install ${names.join(', ')} (${why}): ${second.said}.`,
      `Check that this machine reaches its package mirror, or install ${names.join(' and ')} by hand.`,
    );
  });
}

/** The mirror that this machine takes Debian from: a private list must not assume another one is reachable. */
export async function debianMirror(): Promise<string> {
  const listing = await run('apt-get', [
    'indextargets',
    '--format',
    '$(CREATED_BY) $(LABEL) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  const found = listing.stdout.split('\n').find((line) => line.startsWith('Packages Debian '));
  const uri = found?.split(' ')[2];
  if (uri !== undefined) return uri;
  throw new GantryError(
    'engine-unreachable',
    'apt knows no Debian mirror on this machine.',
    'Run apt-get update once, or start a Docker engine yourself and set DOCKER_HOST.',
  );
}

export type PrivateApt = {
  update(): Promise<{ ok: boolean; said: string }>;
  /** Downloads packages, not their dependencies, into a folder. */
  download(names: readonly string[], folder: string): Promise<{ ok: boolean; said: string }>;
};

/** apt with a source list and state of its own, so that the machine's own lists are neither read nor changed. */
export async function privateApt(folder: string, sourceList: string): Promise<PrivateApt> {
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true });
  const list = join(folder, 'sources.list');
  await writeFile(list, `${sourceList}\n`);
  const settings = {
    'Dir::Etc::SourceList': list,
    'Dir::Etc::SourceParts': '-',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(folder, 'cache'),
    // Root's own cache folder is closed to apt's download user.
    'APT::Sandbox::User': 'root',
    'Acquire::Retries': '2',
    // Without it a failed update ends with code 0 and an empty list.
    'APT::Update::Error-Mode': 'any',
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  return {
    update: () => apt(['update', ...options]),
    download: (names, into) => apt(['download', ...options, ...names], into),
  };
}
