import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GantryError } from '#shared/domain/errors.ts';
import { importBaseImage } from './base-image.ts';
import type { EngineTls, ImageStore } from './daemons.ts';
import { removeDeadRuns } from './leftovers.ts';
import { withLock } from './lock.ts';
import { cacheFolder } from './machine.ts';
import { provideEnginePackages, type Say } from './packages.ts';
import { runsFolder } from './run-folder.ts';
import {
  type SupervisorAnswer,
  type SupervisorOrder,
  type SupervisorRequest,
  supervisorAnswerSchema,
} from './supervisor-protocol.ts';

type Usable = {
  readonly dockerHost: string;
  readonly dockerBin: string;
  /** Holds `docker compose` and `docker buildx`; absent where the person's own configuration is used. */
  readonly dockerConfig?: string;
  /** What a child process needs, beside what it has, to use this engine and no other. */
  readonly env: Readonly<Record<string, string>>;
};

/** An engine made for this run alone: everything on it may be changed, and all of it goes with it. */
export type ProvisionedEngine = Usable & {
  readonly kind: 'provisioned';
  readonly store: ImageStore;
  readonly log: string;
  restart(): Promise<void>;
  /** SIGKILL is a crash: the containers run on until the daemon is back. */
  stopDaemon(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  startDaemon(): Promise<void>;
  stop(): Promise<void>;
};

/** A person's engine: only what carries our own label may be touched. */
export type ReachableEngine = Usable & {
  readonly kind: 'reachable';
  /** Where it was found, such as `DOCKER_HOST`. */
  readonly via: string;
  stop(): Promise<void>;
};

export type Engine = ProvisionedEngine | ReachableEngine;

export type ProvisionOptions = {
  readonly store?: ImageStore;
  /** BuildKit cuts the output of steps, as it does on people's engines. */
  readonly clipsLogs?: boolean;
  /** It listens on this port of 127.0.0.1 as well, with the certificates of that folder, for those whom its ca.pem names. */
  readonly tls?: EngineTls;
  readonly say?: Say;
};

type Link = {
  readonly started: Extract<SupervisorAnswer, { kind: 'done' }>;
  ask(want: Exclude<SupervisorRequest['want'], 'stop'>): Promise<void>;
  stop(): Promise<void>;
};

async function startSupervisor(order: SupervisorOrder): Promise<Link> {
  const child = fork(fileURLToPath(new URL('./supervisor.ts', import.meta.url)), [JSON.stringify(order)], {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const waiting = new Map<number, { resolve(answer: SupervisorAnswer): void; reject(error: Error): void }>();
  let last = 0;

  child.on('message', (message) => {
    const answer = supervisorAnswerSchema.parse(message);
    waiting.get(answer.n)?.resolve(answer);
    waiting.delete(answer.n);
  });
  child.on('exit', () => {
    const gone = new GantryError(
      'engine-unreachable',
      'The process that keeps the private Docker engine ended unexpectedly.',
      'Start again; the engine is removed by the next start.',
    );
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  });
  const answerTo = async (n: number) => {
    const answer = await new Promise<SupervisorAnswer>((resolve, reject) =>
      waiting.set(n, { resolve, reject }),
    );
    if (answer.kind === 'failed') throw new GantryError('engine-unreachable', answer.message, answer.hint);
    return answer;
  };

  const started = await answerTo(0);
  // A script that forgets to stop the engine still ends, and its end stops the engine.
  child.unref();
  child.channel?.unref();
  return {
    started,
    async ask(want) {
      last += 1;
      child.channel?.ref();
      const answered = answerTo(last);
      child.send({ n: last, want } satisfies SupervisorRequest);
      await answered.finally(() => child.channel?.unref());
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) {
        // Killed: nobody is left to clean up but us. Ended in order: there is nothing to remove.
        await withLock(order.lock, () => removeDeadRuns(order.runs));
        return;
      }
      child.ref();
      if (child.connected) child.send({ n: -1, want: 'stop' } satisfies SupervisorRequest);
      await exited;
    },
  };
}

async function openCache(): Promise<string> {
  const cache = cacheFolder();
  try {
    await mkdir(cache, { recursive: true });
    return cache;
  } catch (error) {
    throw new GantryError(
      'engine-unreachable',
      `The cache folder ${cache} cannot be made: ${error instanceof Error ? error.message : String(error)}.`,
      'Set GANTRY_ENGINE_CACHE to a folder that can be written and has 1 GB free.',
    );
  }
}

/** Starts a private engine. Its packages are downloaded into the cache folder the first time. */
export async function provisionEngine(options: ProvisionOptions = {}): Promise<ProvisionedEngine> {
  const say = options.say ?? (() => {});
  const store = options.store ?? 'classic';
  const cache = await openCache();
  const packages = await provideEnginePackages(cache, say);
  say('starting a private Docker engine');
  const { clipsLogs = false } = options;
  const order = {
    runs: runsFolder(cache),
    lock: join(cache, 'engines.lock'),
    store,
    clipsLogs,
    packages,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  };
  const link = await startSupervisor(order);
  const dockerHost = `unix://${link.started.socket}`;
  const env = {
    DOCKER_HOST: dockerHost,
    DOCKER_CONFIG: link.started.dockerConfig,
    PATH: [dirname(packages.docker), process.env.PATH ?? ''].join(delimiter),
  };
  const engine: ProvisionedEngine = {
    kind: 'provisioned',
    store,
    dockerHost,
    dockerBin: packages.docker,
    dockerConfig: link.started.dockerConfig,
    env,
    log: link.started.log,
    async restart() {
      await link.ask('stop-daemon');
      await link.ask('start-daemon');
    },
    stopDaemon: (signal = 'SIGTERM') => link.ask(signal === 'SIGKILL' ? 'kill-daemon' : 'stop-daemon'),
    startDaemon: () => link.ask('start-daemon'),
    stop: () => link.stop(),
  };
  try {
    await importBaseImage({ docker: packages.docker, env }, packages.busybox);
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}
