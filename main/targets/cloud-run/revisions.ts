import type { HealthStatus } from '#shared/domain/observed.ts';
import { type Condition, type Revision, type RunContainer, shortName, timeOf } from './shapes.ts';

/** `sha256:…`; undefined where the image was named by a tag, which says nothing of what it was then. */
export function digestOf(image: string): string | undefined {
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
}

/**
 * The one that runs the release: by its name, or the only one. Where nothing was named it is the one with a port, which
 * Cloud Run allows one container only.
 */
export function containerIn(
  containers: readonly RunContainer[],
  name: string | undefined,
): RunContainer | undefined {
  if (name !== undefined) return containers.find((container) => container.name === name);
  if (containers.length === 1) return containers[0];
  const withPort = containers.filter(({ ports }) => ports !== undefined && ports.length > 0);
  return withPort.length === 1 ? withPort[0] : undefined;
}

export function imageOf(revision: Revision, container: string | undefined): string {
  return containerIn(revision.containers, container)?.image ?? '';
}

export function readyOf({ conditions }: Pick<Revision, 'conditions'>): Condition | undefined {
  return conditions.find(({ type }) => type === 'Ready');
}

/** A retired revision stays ready: it can serve again. */
export function isReady(revision: Pick<Revision, 'conditions'>): boolean {
  return readyOf(revision)?.state === 'CONDITION_SUCCEEDED';
}

export function healthOf(revision: Pick<Revision, 'conditions'>): HealthStatus {
  switch (readyOf(revision)?.state) {
    case 'CONDITION_SUCCEEDED':
      return 'healthy';
    case 'CONDITION_FAILED':
      return 'unhealthy';
    case 'CONDITION_PENDING':
    case 'CONDITION_RECONCILING':
      return 'starting';
    default:
      return 'unknown';
  }
}

export function newestFirst(revisions: readonly Revision[]): readonly Revision[] {
  return revisions.toSorted(
    (a, b) =>
      timeOf(b.createTime) - timeOf(a.createTime) || shortName(b.name).localeCompare(shortName(a.name)),
  );
}
