import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, FolderWatcher } from '#main/core/ports.ts';
import type { Builder } from './build.ts';
import { cliEnvironment } from './cli-environment.ts';
import { listContainers, readContainerLog, removeContainers } from './containers.ts';
import type { CredentialOptions } from './credentials.ts';
import { createEngineAccess, type EngineAccess } from './engine-access.ts';
import { configFolder, findEngines, type MachineFacts } from './find-engine.ts';
import { listImages } from './image-list.ts';
import { readImage, tagImage, untagImage } from './images.ts';
import { runInImage } from './run-in-image.ts';

export type EngineOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
  readonly platform?: NodeJS.Platform;
  readonly now?: () => number;
  /** By which contexts are kept from one build to the next, in a process of which more are expected. */
  readonly watcher?: FolderWatcher;
  readonly expectsMore?: () => boolean;
  /** Whether a person comes back to this process to build: engines are told of changes as they are made then. */
  readonly staysOpen?: boolean;
  /** For what may be thrown away at any time. Absent: nothing is kept for another process. */
  readonly cacheFolder?: string;
};

/** What talking to an engine, and to registries as the docker CLI would, needs of this machine. */
export type DockerMachine = {
  readonly facts: MachineFacts;
  readonly access: EngineAccess;
  readonly credentials: CredentialOptions;
  readonly now: () => number;
  readonly watching: Pick<EngineOptions, 'watcher' | 'expectsMore' | 'staysOpen'>;
  readonly givenFolder: string | undefined;
};

/** The engine is looked for at the first call, not here. */
export function createEngine(options: EngineOptions): Engine {
  return engineOn(openMachine(options));
}

export function openMachine(options: EngineOptions): DockerMachine {
  const { env, homeFolder, platform = process.platform, now = Date.now, cacheFolder, ...watching } = options;
  const givenFolder = cacheFolder && join(cacheFolder, 'given');
  const userId = process.getuid?.();
  const facts: MachineFacts = {
    env,
    homeFolder,
    platform,
    ...(userId === undefined ? {} : { userId }),
    exists: existsSync,
    readText: readTextIfReadable,
  };
  const credentials = { env, configFolder: configFolder(facts) };
  return {
    facts,
    access: createEngineAccess(() => findEngines(facts), env),
    credentials,
    now,
    watching,
    givenFolder,
  };
}

export function engineOn({ facts, access, credentials, now, watching, givenFolder }: DockerMachine): Engine {
  let builder: Promise<Builder> | undefined;
  // Loaded with the first build: with tar, ignore files and protobuf it is larger than all the rest of this room.
  const getBuilder = () => {
    builder ??= import('./build.ts').then(({ createBuilder }) =>
      createBuilder({
        ...{ access, credentials, now, watching, givenFolder },
        preferClassic: facts.env.DOCKER_BUILDKIT === '0',
      }),
    );
    return builder;
  };
  return {
    status: (signal) => access.status(signal),
    cliEnvironment: () => cliEnvironment(facts, access.candidate()),
    async *build(request) {
      yield* (await getBuilder()).build(request);
    },
    begin: async (spec) => (await getBuilder()).begin(spec),
    sentOf: async (folder, dockerfile, paths) => {
      const { sentOf } = await import('./sent-paths.ts');
      return sentOf(folder, dockerfile, paths);
    },
    platform: async (signal) => {
      const connection = await access.connection(signal);
      return connection.during(signal, (both) => connection.platform(both));
    },
    image: (ref, signal) => readImage(access, ref, signal),
    images: (signal) => listImages(access, signal),
    spaceOf: async (imageIds, signal) => {
      const { spaceOf } = await import('./image-space.ts');
      return spaceOf(access, imageIds, signal);
    },
    tag: (imageId, ref, signal) => tagImage(access, imageId, ref, signal),
    untag: (ref, signal) => untagImage(access, ref, signal),
    containers: (labels, signal) => listContainers(access, labels, signal),
    removeContainers: (labels, signal) => removeContainers(access, labels, signal),
    containerLog: (containerId, lines, signal) => readContainerLog(access, containerId, lines, signal),
    runInImage: (request) => runInImage(access, request),
    swarm: async () => (await import('./swarm/swarm.ts')).createSwarm(access, credentials),
  };
}

function readTextIfReadable(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
