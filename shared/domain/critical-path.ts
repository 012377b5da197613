import type { Vertex } from './step-events.ts';

type Timed = Pick<Vertex, 'id' | 'inputs' | 'startedAt' | 'endedAt'>;

/**
 * The chain of build steps that decided how long the build took: from the step that ended last back to the input it
 * waited longest for, and so on. A step whose inputs are not named (BuildKit's exporter) waited for whatever ended last
 * before it began.
 */
export function criticalPath(vertices: readonly Timed[]): ReadonlySet<string> {
  const byId = new Map(vertices.map((vertex) => [vertex.id, vertex]));
  const path = new Set<string>();
  let current = latest(vertices);
  while (current !== undefined && !path.has(current.id)) {
    path.add(current.id);
    const inputs = current.inputs.flatMap((id) => byId.get(id) ?? []);
    const { startedAt } = current;
    current = latest(inputs.length > 0 ? inputs : vertices.filter((each) => endedBefore(each, startedAt)));
  }
  return path;
}

function latest(vertices: readonly Timed[]): Timed | undefined {
  return vertices
    .filter((vertex) => vertex.endedAt !== undefined)
    .reduce<Timed | undefined>(
      (best, vertex) => (best === undefined || end(vertex) > end(best) ? vertex : best),
      undefined,
    );
}

function end(vertex: Timed): number {
  return vertex.endedAt ?? 0;
}

/** Steps without a length of their own would walk in a circle through others of the same instant. */
function endedBefore(vertex: Timed, startedAt: number | undefined): boolean {
  if (startedAt === undefined || vertex.endedAt === undefined || vertex.startedAt === undefined) return false;
  return vertex.endedAt <= startedAt && vertex.startedAt < startedAt;
}
