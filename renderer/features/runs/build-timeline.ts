import { criticalPath } from '#shared/domain/critical-path.ts';
import type { Vertex } from '#shared/domain/run-events.ts';
import type { TimelineStep } from '../../ui/timeline-scale.ts';

export type BuildTimeline = { readonly steps: readonly TimelineStep[]; readonly totalMs: number };

/** Build steps over one axis that begins with the first of them. `now` is where running bars end. */
export function buildTimeline(vertices: readonly Vertex[], now: number): BuildTimeline {
  const begun = vertices
    .filter((vertex) => vertex.startedAt !== undefined)
    .toSorted((one, other) => startOf(one) - startOf(other) || cachedOrder(one, other));
  const start = begun[0]?.startedAt ?? now;
  const isGoing = begun.some((vertex) => vertex.state === 'running');
  const critical = isGoing ? new Set<string>() : criticalPath(begun);
  const steps = begun.map((vertex) => ({
    id: vertex.id,
    ...splitName(vertex.name),
    from: startOf(vertex) - start,
    to: (vertex.endedAt ?? now) - start,
    kind: kindOf(vertex, critical),
  }));
  return { steps, totalMs: Math.max(1, ...steps.map((step) => step.to)) };
}

/** Cached steps all begin in the same instant; side by side by stage they fold into one row each. */
function cachedOrder(one: Vertex, other: Vertex): number {
  if (one.state !== 'cached' || other.state !== 'cached') return 0;
  return splitName(one.name).group.localeCompare(splitName(other.name).group);
}

function startOf(vertex: Vertex): number {
  return vertex.startedAt ?? 0;
}

function kindOf(vertex: Vertex, critical: ReadonlySet<string>): TimelineStep['kind'] {
  switch (vertex.state) {
    case 'cached':
      return 'cached';
    case 'failed':
      return 'failed';
    case 'running':
      return 'running';
    case 'waiting':
    case 'cancelled':
      return 'ran';
    case 'done':
      return critical.has(vertex.id) ? 'critical' : 'ran';
  }
}

/** BuildKit's "[deps 2/5] RUN npm ci" as stage and instruction; the place within the stage is the row's own place. */
export function splitName(name: string): { readonly group: string; readonly name: string } {
  const [, bracket, rest] = /^\[([^\]]+)\]\s+(.*)$/.exec(name) ?? [];
  if (bracket === undefined || rest === undefined) {
    return { group: /^(exporting|naming|unpacking|writing)\b/.test(name) ? 'export' : '', name };
  }
  const stage = bracket.replace(/\s*\d+\/\d+$/, '').trim();
  return { group: stage, name: rest };
}
