import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '#test/chatbot-workspace.ts';
import { cacheFolder, distribution, which, whyNotProvisionable } from './machine.ts';
import { provideTree, type Say } from './packages.ts';
import { endChild, run } from './process.ts';

/** A real sshd on loopback, with keys of its own, that lets this user in. */
export type SshServer = {
  readonly port: number;
  /** `ssh://root@127.0.0.1:41234/run/docker.sock` */
  address(socketPath: string): string;
  /** Goes first on the path: an `ssh` that knows the key and the host, and nothing of the person's own. */
  readonly binFolder: string;
  /** Empty it, and the host is unknown. */
  readonly knownHosts: string;
  readonly authorizedKeys: string;
  /** How many connections it has let in. */
  connections(): Promise<number>;
  stop(): Promise<void>;
};

/** Of the machine's own release, for their libc. */
const packagesOf: Readonly<Record<string, readonly string[]>> = {
  bookworm: ['openssh-server', 'libwrap0'],
  // Not tried on a real Debian 13, whose sshd is several programs at fixed paths.
  trixie: ['openssh-server', 'libwrap0', 'libwtmpdb0'],
};

/** Why there can be no sshd here; undefined where there can. */
export function whyNoSshServer(): string | undefined {
  if (packagesOf[distribution()?.codename ?? ''] === undefined) return 'sshd is taken from Debian 12';
  if (which('ssh') === undefined || which('ssh-keygen') === undefined) return 'there is no ssh';
  return whyNotProvisionable();
}

async function provideSshd(say: Say): Promise<{ readonly program: string; readonly libraries: string }> {
  const suite = distribution()?.codename ?? '';
  const source = { name: `sshd-${suite}`, suite, packages: packagesOf[suite] ?? [] };
  const root = await provideTree(cacheFolder(), source, say);
  const folders = ['usr/lib', 'lib'].flatMap((folder) =>
    ['x86_64', 'aarch64'].map((machine) => join(root, folder, `${machine}-linux-gnu`)),
  );
  return { program: join(root, 'usr/sbin/sshd'), libraries: folders.join(':') };
}

/** @param path of those who log in, by which they find the docker command */
export async function startSshServer(path: string, say: Say = () => {}): Promise<SshServer> {
  const { program, libraries } = await provideSshd(say);
  const folder = await mkdtemp(join(tmpdir(), 'gantry-sshd-'));
  const inside = (...names: string[]) => join(folder, ...names);
  const port = await freePort();
  for (const name of ['host', 'user']) {
    await run('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-C',
      `gantry-${randomUUID()}`,
      '-f',
      inside(name),
    ]);
  }
  const [hostKey, userKey] = await Promise.all(
    ['host.pub', 'user.pub'].map((name) => readFile(inside(name), 'utf8')),
  );
  await writeFile(inside('known_hosts'), `[127.0.0.1]:${port} ${hostKey}`);
  await writeFile(inside('authorized_keys'), userKey ?? '');
  await writeFile(inside('sshd_config'), serverConfig(folder, port, path));
  await writeFile(inside('ssh_config'), clientConfig(folder));
  // sshd drops its rights to a user that a machine without it lacks.
  const users = await readFile('/etc/passwd', 'utf8');
  await writeFile(inside('passwd'), `${users}sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n`);
  await mkdir(inside('bin'));
  const ssh = which('ssh') ?? 'ssh';
  await writeFile(inside('bin', 'ssh'), `#!/bin/sh\nexec ${ssh} -F ${inside('ssh_config')} "$@"\n`);
  await chmod(inside('bin', 'ssh'), 0o755);

  // In a mount namespace of its own: neither that user nor its folder are on the machine.
  const script = `mount --bind "$0/passwd" /etc/passwd && mount -t tmpfs none /run && mkdir /run/sshd && exec "$1" -D -E "$0/log" -f "$0/sshd_config"`;
  const argv = ['--pdeathsig', 'KILL', 'unshare', '--mount', 'sh', '-c', script, folder, program];
  const child = spawn('setpriv', argv, {
    stdio: 'ignore',
    env: { PATH: process.env.PATH ?? '', LD_LIBRARY_PATH: libraries },
  });
  const log = () => readFile(inside('log'), 'utf8').catch(() => '');
  for (let waited = 0; !(await log()).includes('Server listening'); waited += 20) {
    if (waited > 10_000 || child.exitCode !== null) throw new Error(`sshd did not start: ${await log()}`);
    await sleep(20);
  }
  return {
    port,
    address: (socketPath) => `ssh://${userInfo().username}@127.0.0.1:${port}${socketPath}`,
    binFolder: inside('bin'),
    knownHosts: inside('known_hosts'),
    authorizedKeys: inside('authorized_keys'),
    connections: async () => (await log()).split('Accepted publickey').length - 1,
    async stop() {
      await endChild(child, 2_000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function serverConfig(folder: string, port: number, path: string): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    // The folder is below one that everybody may write to.
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    'MaxStartups 100',
    // Without the library path by which sshd itself was started.
    `SetEnv PATH=${path.split(delimiter).join(':')} LD_LIBRARY_PATH=`,
    '',
  ].join('\n');
}

function clientConfig(folder: string): string {
  return [
    'Host *',
    `  IdentityFile ${join(folder, 'user')}`,
    '  IdentitiesOnly yes',
    '  IdentityAgent none',
    `  UserKnownHostsFile ${join(folder, 'known_hosts')}`,
    '  GlobalKnownHostsFile /dev/null',
    '',
  ].join('\n');
}
