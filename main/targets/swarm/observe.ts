import type { Swarm, SwarmMembership, SwarmPort, SwarmService, SwarmTask } from '#main/core/ports/swarm.ts';
import type { Io } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Observed, ObservedService } from '#shared/domain/observed.ts';
import type { SwarmConfig } from './config.ts';
import { currentTasks, isFailed } from './judge.ts';
import { gantryLabels } from './labels.ts';
import { flatSettings } from './settings.ts';

type Manager = Extract<SwarmMembership, { kind: 'manager' }>;

/** Throws where the engine answers, and manages no swarm. */
export async function managerOf(swarm: Swarm, signal: AbortSignal): Promise<Manager> {
  const membership = await swarm.membership(signal);
  switch (membership.kind) {
    case 'manager':
      return membership;
    case 'none':
      throw new GantryError(
        'target-refused',
        'The engine is not in a swarm.',
        'Run `docker swarm init` on it, or name the engine of a manager under target.engine in gantry.yml.',
      );
    case 'worker':
      throw new GantryError(
        'target-refused',
        'The engine is in a swarm, but not as a manager.',
        'Name the engine of a manager under target.engine in gantry.yml, or `docker node promote` this one.',
      );
    case 'locked':
      throw new GantryError(
        'target-refused',
        'The swarm of this engine is locked.',
        'Unlock it with `docker swarm unlock`.',
      );
  }
}

/** What the swarm says runs, and nothing that a file or the ledger says. */
export async function observeService(
  config: Pick<SwarmConfig, 'repository'>,
  name: string,
  io: Io,
): Promise<Observed> {
  const swarm = await io.engine.swarm();
  try {
    const membership = await swarm.membership(io.signal);
    if (membership.kind === 'manager') {
      return await readService({ swarm, manager: membership, config, name, io });
    }
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return { kind: 'unreachable', at: io.clock.now(), why: error.message };
  }
  // Whoever plans is told what to do about it; a board shows the sentence.
  await managerOf(swarm, io.signal);
  return { kind: 'empty', at: io.clock.now() };
}

type Place = {
  readonly swarm: Swarm;
  readonly manager: Manager;
  readonly config: Pick<SwarmConfig, 'repository'>;
  readonly name: string;
  readonly io: Io;
};

async function readService({ swarm, manager, config, name, io }: Place): Promise<Observed> {
  const service = await swarm.service(name, io.signal);
  const at = io.clock.now();
  if (service === undefined) return { kind: 'empty', at };
  const tasks = await swarm.tasks(service.id, io.signal);
  const ids = await identities([service.image, ...tasks.map(({ image }) => image)], config, io);
  return toObserved({ service, tasks, ids, hostOf: hostsOf(manager), at });
}

/** By digest where it is pulled; else as the engine knows it, also where somebody named it by a tag. */
async function identities(
  images: readonly string[],
  { repository }: Pick<SwarmConfig, 'repository'>,
  io: Io,
): Promise<ReadonlyMap<string, string>> {
  const idOf = async (image: string) => {
    if (/^sha256:[0-9a-f]{64}$/.test(image)) return image;
    if (repository !== undefined) return /sha256:[0-9a-f]{64}$/.exec(image)?.[0] ?? image;
    return (await io.engine.image(image, io.signal))?.identity.imageId ?? image;
  };
  return new Map(
    await Promise.all([...new Set(images)].map(async (image) => [image, await idOf(image)] as const)),
  );
}

/** Where a node is reached from here: empty for this machine. */
export type HostOf = (nodeId: string | undefined) => string;

export function hostsOf({ nodeId: own, host = '', nodes }: Manager): HostOf {
  const addressOf = (id: string) => nodes.find((node) => node.id === id)?.address ?? '';
  return (nodeId) => bracketed(nodeId === undefined || nodeId === own ? host : addressOf(nodeId));
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

type Facts = {
  readonly service: SwarmService;
  readonly tasks: readonly SwarmTask[];
  /** What the engine or a registry calls each image. */
  readonly ids: ReadonlyMap<string, string>;
  readonly hostOf: HostOf;
  readonly at: number;
};

export function toObserved(facts: Facts): Observed {
  const { service, at } = facts;
  const { updateState, updateMessage } = service;
  const notes =
    updateState === 'paused' || updateState === 'rollback_paused'
      ? [
          `Its last ${updateState === 'paused' ? 'update' : 'way back'} is paused: ${updateMessage ?? 'a task failed'}.`,
        ]
      : [];
  return {
    kind: 'running',
    at,
    services: servicesOf(facts),
    settings: { image: imageRefOf(service.image, service.taskLabels), ...flatSettings(service) },
    ...(notes.length === 0 ? {} : { notes }),
  };
}

/** Tasks of one service are one, unless they run different images, releases or envs: then that is what must be seen. */
function servicesOf(facts: Facts): ObservedService[] {
  const { service, tasks } = facts;
  const groups = new Map<string, SwarmTask[]>();
  for (const task of currentTasks(tasks)) {
    const { [gantryLabels.release]: release, [gantryLabels.env]: env } = task.labels;
    const key = JSON.stringify([task.image, release, env]);
    groups.set(key, [...(groups.get(key) ?? []), task]);
  }
  if (groups.size === 0) return [toService(facts, service.image, service.taskLabels, [])];
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [toService(facts, first.image, first.labels, group)];
  });
}

function toService(
  { service, ids, hostOf, tasks }: Facts,
  image: string,
  labels: Readonly<Record<string, string>>,
  group: readonly SwarmTask[],
): ObservedService {
  const { [gantryLabels.release]: release, [gantryLabels.env]: env } = labels;
  const running = group.filter(({ state }) => state === 'running');
  const since = Math.max(...running.map(({ at }) => at ?? Number.NEGATIVE_INFINITY));
  const stopped = group.find(({ state }) => state !== 'running');
  const isWhole =
    group.length > 0 && stopped === undefined && running.length >= wantedOf(service, tasks, group);
  const why = stopped === undefined || stopped.message === '' ? '' : `: ${stopped.message}`;
  return {
    name: service.name,
    imageId: ids.get(image) ?? image,
    imageRef: imageRefOf(image, labels),
    ...(release === undefined ? {} : { releaseLabel: release }),
    ...(env === undefined ? {} : { envLabel: env }),
    health: isWhole ? 'healthy' : healthOf(group, tasks),
    state: `${running.length} of ${service.replicas ?? group.length} running${why}`,
    revision: String(service.version),
    ...(Number.isFinite(since) ? { since } : {}),
    ports: portsOf(service, running, hostOf),
  };
}

/** While an update goes on, each group is a part of the whole. */
function wantedOf(
  { replicas = 0 }: SwarmService,
  tasks: readonly SwarmTask[],
  group: readonly SwarmTask[],
): number {
  return currentTasks(tasks).length > group.length ? group.length : replicas;
}

/** The swarm says `running` of a task only once its own health check, where the image has one, says yes. */
function healthOf(group: readonly SwarmTask[], tasks: readonly SwarmTask[]): ObservedService['health'] {
  if (group.length === 0) return 'stopped';
  const hasFailed = tasks.some((task) => isFailed(task) && group.some(({ slot }) => slot === task.slot));
  return hasFailed ? 'unhealthy' : 'starting';
}

function imageRefOf(image: string, labels: Readonly<Record<string, string>>): string {
  return labels[gantryLabels.ref] ?? image;
}

function portsOf(service: SwarmService, running: readonly SwarmTask[], hostOf: HostOf): string[] {
  const text = (host: string, { published, target, protocol }: SwarmPort) =>
    published === undefined ? [] : [`${host === '' ? '' : `${host}:`}${published}->${target}/${protocol}`];
  const everywhere = service.publishedPorts
    .filter(({ mode }) => mode === 'ingress')
    .flatMap((port) => text(hostOf(undefined), port));
  const onHosts = running.flatMap(({ nodeId, ports }) =>
    reachable(ports, service).flatMap((port) => text(hostOf(nodeId), port)),
  );
  return [...new Set([...everywhere, ...onHosts])].sort();
}

/**
 * Where the engine chooses, it may choose another one for IPv6, and does not say which is which: the first is that of
 * IPv4, which everybody can ask.
 */
function reachable(ports: readonly SwarmPort[], service: SwarmService): readonly SwarmPort[] {
  const isSame = (a: SwarmPort, b: SwarmPort) => a.target === b.target && a.protocol === b.protocol;
  const isFixed = (port: SwarmPort) =>
    service.ports?.some((one) => isSame(one, port) && one.published === port.published) === true;
  return ports.filter(
    (port, index) => isFixed(port) || ports.findIndex((one) => isSame(one, port) && !isFixed(one)) === index,
  );
}
