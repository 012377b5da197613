import type {
  Swarm,
  SwarmMembership,
  SwarmService,
  SwarmServiceVersion,
  SwarmServiceWish,
  SwarmTask,
} from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';

/**
 * What becomes of an update: every task is replaced at once, or the first new one fails and the swarm goes back, stops
 * there, or it is not done before a call of `proceed`.
 */
export type Mood = 'converges' | 'goes-back' | 'pauses' | 'goes-on';

type Kept = { service: SwarmService; previous?: SwarmService; tasks: SwarmTask[] };

/** A swarm of one node that keeps services and their tasks in memory. */
export function createFakeSwarm({
  membership = manager,
  check = () => {},
}: {
  readonly membership?: SwarmMembership;
  /** Throws where nothing is to answer. */
  readonly check?: (signal: AbortSignal | undefined) => void;
} = {}) {
  const services = new Map<string, Kept>();
  const wishes = new Map<string, SwarmServiceWish>();
  let mood: Mood = 'converges';
  let changes = 0;
  let last = 0;
  const next = () => ++last;

  const answer = async <T>(signal: AbortSignal | undefined, work: () => T): Promise<T> => {
    check(signal);
    return work();
  };
  const byId = ({ id, version }: SwarmServiceVersion): Kept => {
    const kept = [...services.values()].find(({ service }) => service.id === id);
    if (kept?.service.version !== version) {
      throw new GantryError('engine-refused', 'update out of sequence.', 'Plan again.');
    }
    return kept;
  };
  const start = (kept: Kept, state = 'running', message = ''): void => {
    const { service } = kept;
    const old = kept.tasks.map(
      (task): SwarmTask => ({
        ...task,
        desiredState: 'shutdown',
        state: task.state === 'running' ? 'complete' : task.state,
      }),
    );
    const fresh = Array.from(
      { length: service.replicas ?? 1 },
      (_, index): SwarmTask => ({
        id: `t${next()}`,
        slot: index + 1,
        nodeId: 'n1',
        desiredState: state === 'failed' ? 'shutdown' : 'running',
        state,
        message,
        at: 1,
        image: service.image,
        labels: service.taskLabels,
        ports: [],
      }),
    );
    kept.tasks = [...fresh, ...old];
  };
  const become = (kept: Kept, service: SwarmService, updateState: SwarmService['updateState']): void => {
    const { updateState: _, ...rest } = service;
    kept.service = { ...rest, version: next(), ...(updateState === undefined ? {} : { updateState }) };
  };
  const goBack = (kept: Kept): void => {
    if (kept.previous === undefined) throw new Error('there is nothing to go back to');
    become(kept, kept.previous, 'rollback_completed');
    start(kept);
  };
  const carryOut = (kept: Kept): void => {
    switch (mood) {
      case 'converges':
        become(kept, kept.service, 'completed');
        start(kept);
        break;
      case 'goes-back':
        start(kept, 'failed', 'task: non-zero exit (3)');
        goBack(kept);
        break;
      case 'pauses':
        become(kept, kept.service, 'paused');
        start(kept, 'failed', 'task: non-zero exit (3)');
        break;
      case 'goes-on':
        become(kept, kept.service, 'updating');
    }
  };

  const swarm: Swarm = {
    membership: (signal) => answer(signal, () => membership),
    network: (name, signal) => answer(signal, () => (name === 'inner' ? { scope: 'swarm' } : undefined)),
    service: (name, signal) => answer(signal, () => services.get(name)?.service),
    tasks: (id, signal) =>
      answer(signal, () => [...services.values()].find(({ service }) => service.id === id)?.tasks ?? []),
    create: (wish, signal) =>
      answer(signal, () => {
        changes++;
        const kept: Kept = { service: serviceOf(wish, { id: `s${next()}`, version: next() }), tasks: [] };
        services.set(wish.name, kept);
        wishes.set(wish.name, wish);
        start(kept, mood === 'goes-on' ? 'starting' : 'running');
        return kept.service;
      }),
    update: (at, wish, signal) =>
      answer(signal, () => {
        const kept = byId(at);
        changes++;
        wishes.set(wish.name, wish);
        kept.previous = kept.service;
        kept.service = { ...serviceOf(wish, at, kept.service), hasPrevious: true };
        carryOut(kept);
        return kept.service;
      }),
    rollBack: (at, signal) =>
      answer(signal, () => {
        changes++;
        goBack(byId(at));
      }),
    remove: (id, signal) =>
      answer(signal, () => {
        changes++;
        for (const [name, { service }] of services) if (service.id === id) services.delete(name);
      }),
    taskLog: (_id, _lines, signal) => answer(signal, () => ['last words']),
  };
  return {
    swarm,
    changes: () => changes,
    /** Every task that runs, and there is one, is of that image. */
    runs(name: string, image: string) {
      const running = services.get(name)?.tasks.filter(({ state }) => state === 'running') ?? [];
      return running.length > 0 && running.every((task) => task.image === image);
    },
    /** What was asked for last. */
    wishOf: (name: string) => wishes.get(name),
    /** What becomes of updates from now on. */
    set(to: Mood) {
      mood = to;
    },
    /** The update that went on is done. */
    proceed(name: string) {
      const kept = services.get(name);
      if (kept === undefined) throw new Error(`there is no ${name}`);
      become(kept, kept.service, 'completed');
      start(kept);
    },
    /** Somebody else made it, or changed it. */
    put(service: SwarmService, tasks: readonly SwarmTask[] = []) {
      services.set(service.name, { service, tasks: [...tasks] });
    },
  };
}

const manager: SwarmMembership = {
  kind: 'manager',
  nodeId: 'n1',
  nodes: [{ id: 'n1', address: '10.0.0.1', isActive: true }],
};

function serviceOf(wish: SwarmServiceWish, at: SwarmServiceVersion, before?: SwarmService): SwarmService {
  const { isPulled: _, env: __, ...said } = wish;
  return {
    replicas: 1,
    networks: [],
    endpointMode: 'vip',
    ports: [],
    constraints: [],
    publishedPorts: [],
    hasPrevious: false,
    ...before,
    ...said,
    labels: { ...before?.labels, ...wish.labels },
    taskLabels: { ...before?.taskLabels, ...wish.taskLabels },
    id: at.id,
    version: at.version,
  };
}
