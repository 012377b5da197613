import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GantryError } from '#shared/domain/errors.ts';
import { cacheFolder, which, whyNotProvisionable } from './machine.ts';
import { provideEnginePackages, type Say } from './packages.ts';
import { endChild, lastWords } from './process.ts';

export type RegistryAuth =
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'token';
      readonly realm: string;
      readonly service: string;
      readonly issuer: string;
      /** PEM. */
      readonly certificate: string;
    };

/** A real registry, the distribution project's own, on loopback. */
export type TestRegistry = {
  /** `127.0.0.1:41234` */
  readonly host: string;
  /** Uploads that were begun and neither finished nor cancelled: nothing should be left of a failed one. */
  openUploads(): Promise<readonly string[]>;
  stop(): Promise<void>;
};

/** Whom a registry with passwords knows; it guards nothing. */
export const registryUser = { username: 'tester', password: 'registry-test-password' };
/** bcrypt, the only kind that the registry takes. */
const htpasswd = `${registryUser.username}:$2b$04$abcdefghijklmnopqrstuunVhfQpnqHpAVcaDBQgTW/1IjvwTZL/y\n`;

const readyWithinMs = 20_000;

/** The registry that comes with the engine's packages, or the machine's own. Undefined where there is none. */
export async function findRegistryProgram(say: Say = () => {}): Promise<string | undefined> {
  if (whyNotProvisionable() !== undefined) return which('docker-registry') ?? which('registry');
  return (await provideEnginePackages(cacheFolder(), say)).dockerRegistry;
}

/** PEM, both. */
export type RegistryTls = { readonly certificate: string; readonly key: string };

function configOf(folder: string, auth: RegistryAuth | undefined, tls: RegistryTls | undefined): unknown {
  const users = { htpasswd: { realm: 'gantry', path: join(folder, 'htpasswd') } };
  const authOf = {
    basic: users,
    token: auth?.kind === 'token' && {
      token: {
        realm: auth.realm,
        service: auth.service,
        issuer: auth.issuer,
        rootcertbundle: join(folder, 'tokens.pem'),
      },
    },
  };
  return {
    version: 0.1,
    log: { level: 'info' },
    storage: {
      filesystem: { rootdirectory: join(folder, 'data') },
      delete: { enabled: true },
      // It would look through the folder in the background.
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: {
      addr: '127.0.0.1:0',
      secret: 'gantry-test',
      ...(tls && { tls: { certificate: join(folder, 'tls.pem'), key: join(folder, 'tls-key.pem') } }),
    },
    ...(auth === undefined ? {} : { auth: authOf[auth.kind] }),
  };
}

export async function startRegistry(auth?: RegistryAuth, tls?: RegistryTls): Promise<TestRegistry> {
  const program = await findRegistryProgram();
  if (program === undefined) {
    const hint = 'Put docker-registry on the path, or run on Debian or Ubuntu as root.';
    throw new GantryError('registry-unreachable', 'There is no registry to test with.', hint);
  }
  const folder = await mkdtemp(join(tmpdir(), 'gantry-registry-'));
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'htpasswd'), htpasswd);
  if (auth?.kind === 'token') await writeFile(join(folder, 'tokens.pem'), auth.certificate);
  if (tls) await writeFile(join(folder, 'tls.pem'), tls.certificate);
  if (tls) await writeFile(join(folder, 'tls-key.pem'), tls.key);
  // JSON is YAML.
  const config = join(folder, 'config.yml');
  await writeFile(config, JSON.stringify(configOf(folder, auth, tls)));
  const [command, ...args] = [...withThisProcess(), program, 'serve', config];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: {} });
  const stop = async () => {
    await endChild(child, 2_000, 'SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const port = await portOf(child.stderr);
    return { host: `127.0.0.1:${port}`, openUploads: () => openUploads(join(folder, 'data')), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A test that is killed leaves no registry behind. */
function withThisProcess(): readonly [string, ...string[]] {
  const setpriv = which('setpriv');
  return setpriv === undefined ? ['env'] : [setpriv, '--pdeathsig', 'KILL'];
}

/** It says where it listens. What it says later is read too, or it would wait for somebody to read it. */
function portOf(output: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = () => {
      const hint = 'See whether the program runs by hand.';
      reject(
        new GantryError('registry-unreachable', `The registry did not start: ${lastWords(said)}.`, hint),
      );
    };
    const late = setTimeout(fail, readyWithinMs);
    output.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-8_192);
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(late);
      resolve(port);
    });
    output.on('end', () => {
      clearTimeout(late);
      fail();
    });
  });
}

/** Of one that was cancelled the registry keeps an empty folder of hash states: a session has its time of birth. */
async function openUploads(data: string): Promise<readonly string[]> {
  const entries = await readdir(data, { recursive: true });
  return entries.filter((path) => /\/_uploads\/[^/]+\/startedat$/.test(path));
}
