import { parse } from 'yaml';
import * as z from 'zod';
import type { CommandResult, Commands, Container, Engine, Io } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { TargetWorld } from '#test/contract/target-world.ts';
import { only } from '#test/fakes/only.ts';

/** As much of Compose's override as this fake acts on. */
const overrideSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      environment: z.record(z.string(), z.string()).default({}),
      labels: z.record(z.string(), z.string()),
    }),
  ),
});

const images: Readonly<Record<string, string>> = {
  'shop:r-1a2b3c': `sha256:${'1'.repeat(64)}`,
  'shop:r-4d5e6f': `sha256:${'4'.repeat(64)}`,
};

/** An engine and a `docker compose` that keep one project in memory: a service `web` that is healthy once it is up. */
export function createComposeWorld(): TargetWorld {
  let containers: Container[] = [];
  let changes = 0;
  let asked = 0;
  let isRefusing = false;
  let isLost = false;
  let isReachable = true;
  const ifReachable = <T>(answer: () => T): Promise<T> =>
    isReachable
      ? Promise.resolve().then(answer)
      : Promise.reject(
          new GantryError('engine-unreachable', 'The Docker engine did not answer.', 'Start it.'),
        );

  function up(argv: readonly string[], override: string): CommandResult {
    asked++;
    if (isRefusing) return { exitCode: 1, stdout: '', stderr: 'no space left on device\n' };
    const { services } = overrideSchema.parse(parse(override));
    const project = argv[argv.indexOf('--project-name') + 1] ?? '';
    const before = JSON.stringify(containers);
    containers = Object.entries(services).map(([service, { image, labels }]) => ({
      id: `${service}-${image}`,
      name: `${project}-${service}-1`,
      labels: { ...labels, 'com.docker.compose.project': project, 'com.docker.compose.service': service },
      imageId: images[image] ?? 'none',
      imageRef: image,
      running: true,
      exitCode: 0,
      health: 'healthy',
      state: 'running',
      since: 1,
      ports: [],
      restartCount: 0,
    }));
    if (JSON.stringify(containers) !== before) changes++;
    const exitCode = isLost ? null : 0;
    isLost = false;
    return { exitCode, stdout: '', stderr: ` Container ${project}-web-1  Started\n` };
  }

  const commands: Commands = {
    async run({ argv, stdin, signal, onLine }) {
      signal.throwIfAborted();
      const result = argv.includes('up')
        ? up(argv, stdin ?? '')
        : { exitCode: 0, stdout: JSON.stringify({ services: { web: { build: {} } } }), stderr: '' };
      for (const text of result.stderr.split('\n')) onLine?.({ stream: 'err', text });
      return result;
    },
  };

  const io: Omit<
    Io,
    'signal' | 'env' | 'secret' | 'googleToken' | 'hostVariables' | 'probe' | 'imageIds' | 'clock' | 'http'
  > = {
    folder: '/shop',
    registry: only({}),
    insecureRegistries: [],
    commands,
    files: { readText: async () => undefined, exists: async () => true },
    engine: only<Engine>({
      cliEnvironment: () => ({ PATH: '/bin' }),
      containerLog: () => ifReachable(() => []),
      // Naming the same image by the same name again changes nothing.
      tag: (imageId, ref) =>
        ifReachable(() => {
          if (images[ref] !== imageId) throw new Error(`${ref} is another image`);
        }),
      containers: (_labels, signal) =>
        ifReachable(() => {
          signal?.throwIfAborted();
          return containers;
        }),
      image: (ref, signal) =>
        ifReachable(() => {
          signal?.throwIfAborted();
          if (!Object.values(images).includes(ref)) return undefined;
          return {
            identity: { imageId: ref, manifestDigests: {} },
            tags: [],
            size: 1,
            platform: 'linux/amd64',
            config: {
              entrypoint: [],
              command: [],
              envKeys: [],
              ports: [],
              user: '',
              workingDir: '',
              labels: {},
            },
            layers: [],
          };
        }),
    }),
  };

  return {
    io,
    config: { kind: 'compose' },
    releases: Object.entries(images).map(([ref, imageId]) => ({ ref, imageId })),
    changes: () => changes,
    asked: () => asked,
    goAway() {
      isReachable = false;
    },
    refuse() {
      isRefusing = true;
    },
    /** Something else ends compose once it did its work. */
    loseAnswer() {
      isLost = true;
    },
  };
}
