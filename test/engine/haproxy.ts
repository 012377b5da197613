import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';
import { cacheFolder, distribution, which, whyNotProvisionable } from './machine.ts';
import { provideTree, type Say } from './packages.ts';
import { run } from './process.ts';

/** With the libraries that a machine may lack; of the machine's own release, for their libc. */
const packagesOf: Readonly<Record<string, readonly string[]>> = {
  bookworm: ['haproxy', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1'],
  // Not tried on a real Debian 13.
  trixie: ['haproxy', 'liblua5.4-0'],
};

const libraryFolders = ['x86_64', 'aarch64'].map((machine) => `usr/lib/${machine}-linux-gnu`);

/** Puts haproxy and every library that it loads into a folder that is copied over the root of an image. */
export async function copyHaproxy(into: string, say: Say): Promise<void> {
  const { command, libraries } = await provideHaproxy(say);
  const { stdout } = await run('ldd', [command], {
    env: { ...process.env, LD_LIBRARY_PATH: libraries },
  });
  const loaded = stdout.split('\n').flatMap((line) => {
    const [, path] = /(?:=>\s*|^\s*)(\/\S+) \(0x/.exec(line) ?? [];
    return path === undefined ? [] : [path];
  });
  // The loader is named in the program with its whole path; all others are looked for in /lib.
  for (const path of loaded) {
    const isLoader = basename(path).startsWith('ld-linux');
    const folder = join(into, isLoader ? path.slice(0, path.lastIndexOf('/')) : 'lib');
    await mkdir(folder, { recursive: true });
    await copyFile(path, join(folder, basename(path)));
  }
  await mkdir(join(into, 'usr/local/bin'), { recursive: true });
  await copyFile(command, join(into, 'usr/local/bin/haproxy'));
}

async function provideHaproxy(say: Say): Promise<{ command: string; libraries: string }> {
  const found = which('haproxy');
  if (found !== undefined) return { command: found, libraries: '' };
  const suite = distribution()?.codename ?? '';
  const packages = packagesOf[suite];
  if (whyNotProvisionable() !== undefined || packages === undefined) {
    const hint = 'Install haproxy, and run again.';
    throw new GantryError('engine-unreachable', 'There is no haproxy to put in front of the service.', hint);
  }
  const root = await provideTree(cacheFolder(), { name: `haproxy-${suite}`, suite, packages }, say);
  const libraries = libraryFolders.map((folder) => join(root, folder)).join(':');
  return { command: join(root, 'usr/sbin/haproxy'), libraries };
}
