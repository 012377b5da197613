import { criticalPath } from '#shared/domain/critical-path.ts';
import type { Vertex } from '#shared/domain/step-events.ts';
import type { TimelineStep } from '../../ui/timeline-scale.ts';
import { amountOf, markOf, shareOf } from './build-words.ts';
import { splitName } from './step-name.ts';

export type BuildTimeline = { readonly steps: readonly TimelineStep[]; readonly totalMs: number };

/** How the step that builds stands: what has not begun may still come, was never needed, or will not come any more. */
export type BuildEnd = 'going' | 'succeeded' | 'stopped';

/**
 * Build steps over one axis that begins with the first of them, and below them those that wait. `now` is where running
 * bars end.
 */
export function buildTimeline(
  vertices: readonly Vertex[],
  end: BuildEnd,
  now: number,
  /** The one cell of the matrix that is shown. */
  cell?: string | undefined,
): BuildTimeline {
  const begun = vertices
    .filter((vertex) => vertex.startedAt !== undefined)
    .toSorted((one, other) => startOf(one) - startOf(other) || cachedOrder(one, other));
  const waiting = end === 'succeeded' ? [] : vertices.filter((vertex) => vertex.startedAt === undefined);
  const start = begun[0]?.startedAt ?? now;
  const critical = end === 'going' ? new Set<string>() : criticalPath(begun);
  const hasCells = vertices.some((vertex) => vertex.cell !== undefined);
  const toStep = (vertex: Vertex): TimelineStep => ({
    id: vertex.id,
    ...splitName(vertex.name),
    from: startOf(vertex, start) - start,
    to: (vertex.endedAt ?? (vertex.startedAt === undefined ? start : now)) - start,
    kind: kindOf(vertex, end, critical),
    amount: amountOf(vertex),
    share: shareOf(vertex),
    mark: markOf(vertex),
    ...(hasCells ? { section: sectionOf(vertex, cell) } : {}),
  });
  const steps = [...begun, ...waiting].map(toStep);
  return { steps, totalMs: Math.max(1, ...steps.map((step) => step.to)) };
}

/** A step that cells share belongs to the cell that first asked for it; seen from another one it is shared. */
function sectionOf(vertex: Vertex, shown: string | undefined): string {
  if (shown !== undefined) return vertex.cell === shown ? shown : 'shared with other cells';
  return vertex.cell ?? 'all cells';
}

/** Cached steps all begin in the same instant; side by side by stage they fold into one row each. */
function cachedOrder(one: Vertex, other: Vertex): number {
  if (one.state !== 'cached' || other.state !== 'cached') return 0;
  return splitName(one.name).group.localeCompare(splitName(other.name).group);
}

function startOf(vertex: Vertex, otherwise = 0): number {
  return vertex.startedAt ?? otherwise;
}

function kindOf(vertex: Vertex, end: BuildEnd, critical: ReadonlySet<string>): TimelineStep['kind'] {
  if (vertex.startedAt === undefined) return end === 'going' ? 'waiting' : 'not-run';
  switch (vertex.state) {
    case 'cached':
    case 'failed':
    case 'cancelled':
      return vertex.state;
    case 'running':
    case 'waiting':
      // The engine's last word may have been lost with it.
      return end === 'going' ? 'running' : 'cancelled';
    case 'done':
      return critical.has(vertex.id) ? 'critical' : 'ran';
  }
}

/** What one cell of the matrix needed: its own steps, and those it shares with the cell that came first. */
export function neededBy<Step extends Vertex>(vertices: readonly Step[], cell: string): readonly Step[] {
  const byId = new Map(vertices.map((vertex) => [vertex.id, vertex]));
  const needed = new Set<string>();
  const queue = vertices.filter((vertex) => vertex.cell === cell || vertex.cell === undefined);
  for (const vertex of queue) {
    if (needed.has(vertex.id)) continue;
    needed.add(vertex.id);
    queue.push(...vertex.inputs.flatMap((id) => byId.get(id) ?? []));
  }
  return vertices.filter((vertex) => needed.has(vertex.id));
}

/** In the order in which the engine first named them. */
export function cellsIn(vertices: readonly Vertex[]): readonly string[] {
  return [...new Set(vertices.flatMap((vertex) => vertex.cell ?? []))];
}
