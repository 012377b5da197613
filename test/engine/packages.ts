import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { GantryError } from '#shared/domain/errors.ts';
import { debianMirror, installPackages, privateApt } from './apt.ts';
import { withLock } from './lock.ts';
import { type Distribution, distribution, which } from './machine.ts';
import { lastWords, run } from './process.ts';

export type Say = (line: string) => void;

/** The unpacked engine: a file tree like that of a Debian root, holding nothing but the packages named below. */
export const enginePackagesSchema = z
  .object({
    docker: z.string(),
    dockerd: z.string(),
    dockerProxy: z.string(),
    dockerInit: z.string(),
    containerd: z.string(),
    busybox: z.string(),
    dockerRegistry: z.string(),
    cliPlugins: z.string(),
    /** Folders that go first on the path of the daemons. */
    binFolders: z.array(z.string()).readonly(),
  })
  .readonly();
export type EnginePackages = z.infer<typeof enginePackagesSchema>;

export type PackageSource = {
  readonly name: string;
  /** Absent: the machine's own package lists already have what is needed. */
  readonly suite?: string;
  readonly packages: readonly string[];
};

const debianPackages = [
  'docker.io',
  'docker-cli',
  'docker-compose',
  'docker-buildx',
  'containerd',
  'docker-registry',
  'busybox-static',
  'tini',
];

/** Ubuntu packs the client with the engine and calls Compose v2 by another name. Not tried on a real Ubuntu. */
const ubuntuPackages = [
  'docker.io',
  'docker-compose-v2',
  'docker-buildx',
  'containerd',
  'docker-registry',
  'busybox-static',
  'tini',
];

function sourceFor(machine: Distribution): PackageSource {
  if (machine.id === 'ubuntu') return { name: `ubuntu-${machine.codename}`, packages: ubuntuPackages };
  // Debian 12's own Docker is 20.10 and has no Compose v2: 13's binaries run on 12's libc.
  return { name: 'debian-trixie', suite: 'trixie', packages: debianPackages };
}

/** Commands of the machine's own release: 13's runc and iptables need a newer libc than 12 has. */
const machineCommands: Readonly<Record<string, string>> = {
  runc: 'runc',
  iptables: 'iptables',
  ip: 'iproute2',
};

/** dockerd looks for iptables in sbin, which the path of a plain user or a cron job may lack. */
export const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

async function installMachineCommands(say: Say): Promise<void> {
  const missing = Object.entries(machineCommands)
    .filter(([command]) => which(command, systemPath) === undefined)
    .map(([, name]) => name);
  if (missing.length === 0) return;
  say(`installing ${missing.join(', ')}`);
  await installPackages(missing, 'the private Docker engine runs on them');
}

async function sourceList(source: PackageSource): Promise<string | undefined> {
  if (source.suite === undefined) return undefined;
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  return `deb [signed-by=${keyring}] ${await debianMirror()} ${source.suite} main`;
}

function unavailable(what: string, said: string): GantryError {
  return new GantryError(
    'engine-unreachable',
    `The packages of a private Docker engine could not be ${what}: ${said}.`,
    'Check that this machine reaches its package mirror, or start a Docker engine yourself and set DOCKER_HOST.',
  );
}

async function downloadInto(folder: string, source: PackageSource): Promise<void> {
  const list = await sourceList(source);
  if (list === undefined) {
    await run('apt-get', ['update']);
    const done = await run('apt-get', ['download', ...source.packages], { cwd: folder });
    if (done.code !== 0) throw unavailable('downloaded', lastWords(done.stderr));
    return;
  }
  const apt = await privateApt(join(folder, 'apt'), list);
  const updated = await apt.update();
  if (!updated.ok) throw unavailable('listed', updated.said);
  const downloaded = await apt.download(source.packages, folder);
  if (!downloaded.ok) throw unavailable('downloaded', downloaded.said);
}

async function unpackInto(root: string, from: string): Promise<void> {
  for (const name of (await readdir(from)).filter((file) => file.endsWith('.deb'))) {
    const done = await run('dpkg', ['-x', join(from, name), root]);
    if (done.code !== 0) throw unavailable('unpacked', lastWords(done.stderr));
  }
}

function firstOf(root: string, ...candidates: readonly string[]): string {
  const found = candidates.map((path) => join(root, path)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw unavailable('used', `${candidates.join(' or ')} is not in them`);
}

function layout(root: string): EnginePackages {
  return {
    docker: firstOf(root, 'usr/bin/docker'),
    dockerd: firstOf(root, 'usr/sbin/dockerd', 'usr/bin/dockerd'),
    dockerProxy: firstOf(
      root,
      'usr/sbin/docker-proxy',
      'usr/bin/docker-proxy',
      'usr/libexec/docker/docker-proxy',
    ),
    // 13's dynamic tini needs a newer libc than 12 has; the static one runs anywhere.
    dockerInit: firstOf(root, 'usr/bin/tini-static', 'usr/bin/tini'),
    containerd: firstOf(root, 'usr/bin/containerd'),
    busybox: firstOf(root, 'usr/bin/busybox', 'bin/busybox'),
    dockerRegistry: firstOf(root, 'usr/bin/docker-registry'),
    cliPlugins: firstOf(root, 'usr/libexec/docker/cli-plugins', 'usr/lib/docker/cli-plugins'),
    binFolders: [join(root, 'usr/sbin'), join(root, 'usr/bin')],
  };
}

/** Brings the engine's packages into the cache folder, once for every run on this machine. */
export async function provideEnginePackages(cache: string, say: Say): Promise<EnginePackages> {
  const source = sourceFor(distribution() ?? { id: '', version: '', codename: '' });
  await installMachineCommands(say);
  return layout(await provideTree(cache, source, say));
}

/** The packages of a source, unpacked below the folder that it answers; downloaded once. */
export async function provideTree(cache: string, source: PackageSource, say: Say): Promise<string> {
  const key = createHash('sha256').update(source.packages.join(' ')).digest('hex').slice(0, 8);
  const root = join(cache, `packages-${source.name}-${key}`);
  await withLock(join(cache, 'packages.lock'), async () => {
    if (existsSync(root)) return;
    const folder = join(cache, 'unpacking');
    await rm(folder, { recursive: true, force: true });
    await mkdir(join(folder, 'root'), { recursive: true });
    say(`downloading ${source.packages.join(', ')} (once)`);
    await downloadInto(folder, source);
    say('unpacking');
    await unpackInto(join(folder, 'root'), folder);
    // Renamed last: a folder under its final name is always whole.
    await rename(join(folder, 'root'), root);
    await rm(folder, { recursive: true, force: true });
  });
  return root;
}
