import { join } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';
import { cacheFolder, distribution, which, whyNotProvisionable } from './machine.ts';
import { provideTree, type Say } from './packages.ts';

/** Another program that copies images between registries, to be compared with. */
export type Skopeo = { readonly command: string; readonly env: Readonly<Record<string, string>> };

/** With the libraries that a machine may lack; of the machine's own release, for their libc. */
const packagesOf: Readonly<Record<string, readonly string[]>> = {
  bookworm: ['skopeo', 'libgpgme11', 'libassuan0', 'libdevmapper1.02.1', 'libgpg-error0'],
  // Not tried on a real Debian 13.
  trixie: ['skopeo', 'libgpgme11t64', 'libassuan9', 'libdevmapper1.02.1', 'libgpg-error0'],
};

const libraryFolders = ['usr/lib', 'lib'].flatMap((folder) =>
  ['x86_64', 'aarch64'].map((machine) => `${folder}/${machine}-linux-gnu`),
);

export async function provideSkopeo(say: Say): Promise<Skopeo> {
  const found = which('skopeo');
  if (found !== undefined) return { command: found, env: {} };
  const suite = distribution()?.codename ?? '';
  const packages = packagesOf[suite];
  if (whyNotProvisionable() !== undefined || packages === undefined) {
    const hint = 'Install skopeo, and run again.';
    throw new GantryError('engine-unreachable', 'There is no skopeo to compare with.', hint);
  }
  const root = await provideTree(cacheFolder(), { name: `skopeo-${suite}`, suite, packages }, say);
  const libraries = libraryFolders.map((folder) => join(root, folder)).join(':');
  return { command: join(root, 'usr/bin/skopeo'), env: { LD_LIBRARY_PATH: libraries } };
}
