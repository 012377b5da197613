import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GantryError } from '#shared/domain/errors.ts';
import { poolBase } from './network.ts';
import { type EnginePackages, systemPath } from './packages.ts';
import { endChild, endedWithin, lastWords } from './process.ts';
import type { RunFolder } from './run-folder.ts';

export type ImageStore = 'classic' | 'containerd';

export type EngineTls = { readonly port: number; readonly folder: string };

export type DaemonOptions = {
  readonly packages: EnginePackages;
  readonly store: ImageStore;
  /** As engines are by default: BuildKit cuts a step's output at 2 MiB and 200 KiB/s. */
  readonly clipsLogs: boolean;
  readonly tls?: EngineTls | undefined;
};

export type Daemons = {
  startDockerd(signal: AbortSignal): Promise<void>;
  stopDockerd(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  startContainerd(signal: AbortSignal): Promise<void>;
  stopContainerd(): Promise<void>;
};

const readyWithinMs = 60_000;
const stopWithinMs = 20_000;

/** A containerd of our own: dockerd would otherwise use the machine's when one runs. */
function containerdConfig(run: RunFolder): string {
  return `version = 2
root = "${join(run.folder, 'containerd')}"
state = "${join(run.folder, 'x', 'c')}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${run.containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${join(run.folder, 'opt')}"
`;
}

/** Firewall and forwarding stay as they are: published ports go through docker-proxy, and the machine is not changed. */
function dockerdConfig(run: RunFolder, { packages, store, tls }: DaemonOptions): unknown {
  return {
    hosts: [`unix://${run.socket}`, ...(tls === undefined ? [] : [`tcp://127.0.0.1:${tls.port}`])],
    ...(tls === undefined ? {} : tlsConfig(tls)),
    'data-root': join(run.folder, 'data'),
    'exec-root': join(run.folder, 'x', 'd'),
    pidfile: join(run.folder, 'dockerd.pid'),
    containerd: run.containerdSocket,
    bridge: run.bridge,
    'default-address-pools': [{ base: poolBase(run.pool), size: 24 }],
    iptables: false,
    ip6tables: false,
    'ip-forward': false,
    'ip-masq': false,
    'cgroup-parent': `/${run.cgroup}`,
    'userland-proxy-path': packages.dockerProxy,
    'init-path': packages.dockerInit,
    features: { 'containerd-snapshotter': store === 'containerd' },
    'shutdown-timeout': 5,
  };
}

function tlsConfig({ folder }: EngineTls) {
  return {
    tlsverify: true,
    tlscacert: join(folder, 'ca.pem'),
    tlscert: join(folder, 'cert.pem'),
    tlskey: join(folder, 'key.pem'),
  };
}

async function untilReady(
  child: ChildProcess,
  isReady: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + readyWithinMs;
  while (performance.now() < deadline && !signal.aborted) {
    if (await isReady()) return true;
    if (await endedWithin(child, 0)) return false;
    await sleep(50);
  }
  return false;
}

/** Whether `GET /_ping` on the Engine API answers 200. */
export function pings(socketPath: string, timeoutMs = 2_000): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/_ping', timeout: timeoutMs }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function notReady(name: string, run: RunFolder): Promise<GantryError> {
  const log = await readFile(run.log, 'utf8').catch(() => '');
  return new GantryError(
    'engine-unreachable',
    `The private Docker engine did not start (${name}): ${lastWords(log, 4)}.`,
    'Run as root on a machine that may mount and make bridges, or start a Docker engine yourself and set DOCKER_HOST.',
  );
}

/** The two daemons of one engine, as children of the calling process. */
export async function prepareDaemons(run: RunFolder, options: DaemonOptions): Promise<Daemons> {
  const { packages, clipsLogs } = options;
  const containerdToml = join(run.folder, 'containerd.toml');
  const daemonJson = join(run.folder, 'daemon.json');
  await mkdir(join(run.folder, 'tmp'), { recursive: true });
  await writeFile(containerdToml, containerdConfig(run));
  await writeFile(daemonJson, JSON.stringify(dockerdConfig(run, options), undefined, 2));
  const env = {
    PATH: [...packages.binFolders, systemPath].join(delimiter),
    HOME: run.folder,
    DOCKER_TMPDIR: join(run.folder, 'tmp'),
    ...(clipsLogs ? {} : { BUILDKIT_STEP_LOG_MAX_SIZE: '-1', BUILDKIT_STEP_LOG_MAX_SPEED: '-1' }),
  };
  const start = (command: string, args: readonly string[]) => {
    const log = openSync(run.log, 'a');
    // setpriv: the daemon is told to end when the supervisor is killed with -9.
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', command, ...args], {
      env,
      cwd: run.folder,
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return child;
  };
  let dockerd: ChildProcess | undefined;
  let containerd: ChildProcess | undefined;
  return {
    async startContainerd(signal) {
      containerd = start(packages.containerd, ['--config', containerdToml]);
      const ready = await untilReady(containerd, () => accepts(run.containerdSocket), signal);
      if (!ready) throw await notReady('containerd', run);
    },
    async stopContainerd() {
      if (containerd) await endChild(containerd, stopWithinMs);
    },
    async startDockerd(signal) {
      dockerd = start(packages.dockerd, ['--config-file', daemonJson]);
      if (!(await untilReady(dockerd, () => pings(run.socket), signal))) throw await notReady('dockerd', run);
    },
    async stopDockerd(signal) {
      if (dockerd) await endChild(dockerd, stopWithinMs, signal);
    },
  };
}
