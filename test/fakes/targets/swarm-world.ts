import type { Container, Engine, Swarm } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { ImageFacts } from '#shared/domain/image.ts';
import type { TargetWorld } from '#test/contract/target-world.ts';
import { only } from '#test/fakes/only.ts';
import { createFakeSwarm } from './fake-swarm.ts';

const releases = [
  { ref: 'shop:r-1a2b3c', imageId: `sha256:${'1'.repeat(64)}` },
  { ref: 'shop:r-4d5e6f', imageId: `sha256:${'4'.repeat(64)}` },
];

const facts: Omit<ImageFacts, 'identity'> = {
  tags: [],
  size: 1,
  platform: 'linux/amd64',
  config: { entrypoint: [], command: [], envKeys: [], ports: [], user: '', workingDir: '', labels: {} },
  layers: [],
};

/** The engine of a swarm of one node, which has the images of both releases. */
export function createSwarmWorld(): TargetWorld & { readonly fake: ReturnType<typeof createFakeSwarm> } {
  let isReachable = true;
  const check = (signal: AbortSignal | undefined): void => {
    signal?.throwIfAborted();
    if (!isReachable)
      throw new GantryError('engine-unreachable', 'The Docker engine did not answer.', 'Start it.');
  };
  const fake = createFakeSwarm({ check });
  let asked = 0;
  let isRefusing = false;
  let isLost = false;
  /** Asks the swarm to act. */
  async function act<T>(work: () => Promise<T>): Promise<T> {
    asked++;
    if (isRefusing) throw new GantryError('engine-refused', 'The swarm says no.', 'Read why.');
    const answer = await work();
    if (!isLost) return answer;
    isLost = false;
    throw new GantryError('engine-unreachable', 'The answer was lost.', 'Try again.');
  }
  const swarm: Swarm = {
    ...fake.swarm,
    create: (...call) => act(() => fake.swarm.create(...call)),
    update: (...call) => act(() => fake.swarm.update(...call)),
    rollBack: (...call) => act(() => fake.swarm.rollBack(...call)),
    remove: (...call) => act(() => fake.swarm.remove(...call)),
  };
  const engine = only<Engine>({
    swarm: async () => swarm,
    async image(ref, signal) {
      check(signal);
      const found = releases.find((one) => one.ref === ref || one.imageId === ref);
      return found && { ...facts, identity: { imageId: found.imageId, manifestDigests: {} } };
    },
    async containers(_labels, signal) {
      check(signal);
      const service = await fake.swarm.service('shop-dev');
      if (service === undefined) return [];
      const { image: imageId, taskLabels: labels, name } = service;
      return [only<Container>({ name, running: true, imageId, labels })];
    },
  });
  const io: TargetWorld['io'] = {
    folder: '/shop',
    registry: only({}),
    insecureRegistries: [],
    commands: only({}),
    files: only({}),
    engine,
  };
  return {
    fake,
    io,
    config: { kind: 'swarm', networks: ['inner'], replicas: 2 },
    releases,
    changes: fake.changes,
    asked: () => asked,
    runs: (index) => fake.runs('shop-dev', releases[index]?.imageId ?? ''),
    goAway() {
      isReachable = false;
    },
    refuse() {
      isRefusing = true;
    },
    linger() {
      fake.set('goes-on');
      return () => fake.proceed('shop-dev');
    },
    loseAnswer() {
      isLost = true;
    },
  };
}
