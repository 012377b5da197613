import type { Container } from '#main/core/ports/engine.ts';
import type { Io } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { HealthStatus, Observed, ObservedService } from '#shared/domain/observed.ts';
import { composeLabels, gantryLabels } from './labels.ts';

/** The containers of a Compose project, without those of `docker compose run`. */
export async function projectContainers(io: Io, project: string): Promise<readonly Container[]> {
  const containers = await io.engine.containers({ [composeLabels.project]: project }, io.signal);
  return containers.filter((container) => container.labels[composeLabels.oneOff]?.toLowerCase() !== 'true');
}

export function serviceOf(container: Container): string {
  return container.labels[composeLabels.service] ?? container.name;
}

export function releaseOf(container: Container): string | undefined {
  return container.labels[gantryLabels.release];
}

export function isOneShot(container: Container): boolean {
  return container.labels[gantryLabels.oneShot] === 'true';
}

/** A one-shot that did its work. */
export function isDone(container: Container): boolean {
  return isOneShot(container) && /^exited/i.test(container.state) && container.exitCode === 0;
}

function envOf(container: Container): string | undefined {
  return container.labels[gantryLabels.env];
}

/** What the engine says runs in a project, and nothing that a file or the ledger says. */
export async function observeProject(io: Io, project: string): Promise<Observed> {
  try {
    return toObserved(await projectContainers(io, project), io.clock.now());
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return { kind: 'unreachable', at: io.clock.now(), why: error.message };
  }
}

export function toObserved(containers: readonly Container[], at: number): Observed {
  if (containers.length === 0) return { kind: 'empty', at };
  const known = containers.map(
    (container): Container => (isDone(container) ? { ...container, health: 'healthy' } : container),
  );
  const services = [...groupReplicas(known).values()]
    .map(toService)
    .sort((a, b) => compareText(a.name, b.name) || compareText(a.imageId, b.imageId));
  const settings = services.flatMap((service): [string, string][] => [
    [`${service.name}.image`, service.imageRef],
    [`${service.name}.ports`, service.ports.join(', ')],
  ]);
  return { kind: 'running', at, services, settings: Object.fromEntries(settings) };
}

/** Replicas of one service are one, unless they run different images, releases or envs: then that is what must be seen. */
function groupReplicas(containers: readonly Container[]): Map<string, Container[]> {
  const groups = new Map<string, Container[]>();
  for (const container of containers) {
    const key = JSON.stringify([
      serviceOf(container),
      container.imageId,
      releaseOf(container),
      envOf(container),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), container]);
  }
  return groups;
}

const worstFirst: readonly HealthStatus[] = ['unhealthy', 'stopped', 'starting', 'unknown', 'healthy'];

function toService(replicas: readonly Container[]): ObservedService {
  const [worst, ...others] = replicas.toSorted(
    (a, b) => worstFirst.indexOf(a.health) - worstFirst.indexOf(b.health) || compareText(a.name, b.name),
  );
  if (worst === undefined) throw new Error('a group of no containers');
  const all = [worst, ...others];
  const release = releaseOf(worst);
  const env = envOf(worst);
  const since = Math.max(...all.map((container) => container.since ?? Number.NEGATIVE_INFINITY));
  return {
    name: serviceOf(worst),
    imageId: worst.imageId,
    imageRef: worst.imageRef,
    ...(release === undefined ? {} : { releaseLabel: release }),
    ...(env === undefined ? {} : { envLabel: env }),
    health: worst.health,
    state: worst.state,
    // When the last of them came up: since then it has run as a whole.
    ...(Number.isFinite(since) ? { since } : {}),
    ports: [...new Set(all.flatMap(portsOf))].sort(),
  };
}

/** One binding is published on IPv4 and IPv6 alike; it is one port to a person. */
function portsOf(container: Container): string[] {
  return container.ports.map(({ hostIp, hostPort, containerPort, protocol, isOnlyThere }) => {
    const address = isAnyAddress(hostIp) ? '' : `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:`;
    // Whoever looks for an address to ask takes none that has more to say.
    return `${address}${hostPort}->${containerPort}/${protocol}${isOnlyThere === true ? ' (only there)' : ''}`;
  });
}

export function isAnyAddress(hostIp: string): boolean {
  return hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::';
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
