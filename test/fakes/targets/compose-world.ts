import { parse } from 'yaml';
import * as z from 'zod';
import type { CommandResult, Commands, Container, Engine, Io } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { GivenBySuite, TargetWorld } from '#test/contract/target-world.ts';
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

/**
 * An engine and a `docker compose` that keep one project in memory: a service `web` that is healthy soon after it is up.
 * What is up is replaced, or with a strategy of its own gets a new container beside it.
 */
export function createComposeWorld(strategy: 'recreate' | 'rolling' = 'recreate'): TargetWorld {
  let containers: Container[] = [];
  let made = 0;
  let changes = 0;
  let asked = 0;
  let isRefusing = false;
  let isLost = false;
  let isReachable = true;
  let isLingering = false;
  const ifReachable = <T>(answer: () => T): Promise<T> =>
    isReachable
      ? Promise.resolve().then(answer)
      : Promise.reject(
          new GantryError('engine-unreachable', 'The Docker engine did not answer.', 'Start it.'),
        );

  /** Something that may make a difference. */
  function act(work: () => CommandResult): CommandResult {
    asked++;
    if (isRefusing) return { exitCode: 1, stdout: '', stderr: 'no space left on device\n' };
    const shown = () => JSON.stringify(containers.map(({ health: _, ...one }) => one));
    const before = shown();
    const result = work();
    if (shown() !== before) changes++;
    const exitCode = isLost ? null : result.exitCode;
    isLost = false;
    return { ...result, exitCode };
  }

  function up(argv: readonly string[], override: string): CommandResult {
    const { services } = overrideSchema.parse(parse(override));
    const project = argv[argv.indexOf('--project-name') + 1] ?? '';
    const scale = argv.find((_, index) => argv[index - 1] === '--scale');
    containers = Object.entries(services).flatMap(([service, { image, labels }]) => {
      const own = { ...labels, 'com.docker.compose.project': project, 'com.docker.compose.service': service };
      const isAsWished = (one: Container) =>
        one.imageRef === image && JSON.stringify(one.labels) === JSON.stringify(own);
      const kept = argv.includes('--no-recreate') ? containers : containers.filter(isAsWished);
      const missing = Number(scale?.split('=')[1] ?? 1) - kept.length;
      const fresh = Array.from({ length: Math.max(0, missing) }, (): Container => {
        made++;
        return {
          id: `c${made}`,
          name: `${project}-${service}-${made}`,
          labels: own,
          imageId: images[image] ?? 'none',
          imageRef: image,
          running: true,
          exitCode: 0,
          health: 'starting',
          state: 'running',
          since: 1,
          ports: [],
          restartCount: 0,
        };
      });
      return [...kept, ...fresh];
    });
    return { exitCode: 0, stdout: '', stderr: ` Container ${project}-web-${made}  Started\n` };
  }

  /** `docker stop`, `rm --force`, `rename` and `exec`. */
  function docker([, command, ...args]: readonly string[]): CommandResult {
    const done: CommandResult = { exitCode: 0, stdout: '', stderr: '' };
    const isNamed = ({ id }: Container) => args.includes(id);
    if (!containers.some(isNamed)) return { ...done, exitCode: 1, stderr: 'No such container\n' };
    const change = (to: Partial<Container>) => {
      containers = containers.map((one) => (isNamed(one) ? { ...one, ...to } : one));
    };
    switch (command) {
      case 'stop':
        change({ running: false, state: 'exited', health: 'stopped' });
        break;
      case 'rm':
        containers = containers.filter((one) => !isNamed(one));
        break;
      case 'rename':
        change({ name: args[1] ?? '' });
        break;
      case 'exec':
        break;
      default:
        throw new Error(`docker ${command} is not to be used here`);
    }
    return done;
  }

  function look(): readonly Container[] {
    const seen = containers;
    if (!isLingering)
      containers = containers.map((one) => (one.health === 'starting' ? { ...one, health: 'healthy' } : one));
    return seen;
  }

  function resultOf(argv: readonly string[], stdin = ''): CommandResult {
    if (argv[1] !== 'compose') return act(() => docker(argv));
    if (argv.includes('up')) return act(() => up(argv, stdin));
    return { exitCode: 0, stdout: JSON.stringify({ services: { web: { build: {} } } }), stderr: '' };
  }

  /** New containers do not become healthy. */
  function linger() {
    isLingering = true;
    return () => {
      isLingering = false;
    };
  }

  const commands: Commands = {
    async run({ argv, stdin, signal, onLine }) {
      signal.throwIfAborted();
      const result = resultOf(argv, stdin);
      for (const text of result.stderr.split('\n')) onLine?.({ stream: 'err', text });
      return result;
    },
  };

  const io: Omit<Io, GivenBySuite> = {
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
          return look();
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
    config:
      strategy === 'recreate'
        ? { kind: 'compose' }
        : { kind: 'compose', strategy, overlap: '10ms', drain: { command: ['drain'], wait: '10ms' } },
    releases: Object.entries(images).map(([ref, imageId]) => ({ ref, imageId })),
    changes: () => changes,
    asked: () => asked,
    runs(index) {
      const running = containers.filter((one) => one.running);
      return running.length > 0 && running.every(({ imageId }) => imageId === Object.values(images)[index]);
    },
    goAway() {
      isReachable = false;
    },
    refuse() {
      isRefusing = true;
    },
    ...(strategy === 'rolling' ? { linger } : {}),
    /** Something else ends compose once it did its work. */
    loseAnswer() {
      isLost = true;
    },
  };
}
