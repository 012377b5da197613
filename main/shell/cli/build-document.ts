import { brokenCache, buildTotals } from '#shared/domain/build-facts.ts';
import { criticalPath } from '#shared/domain/critical-path.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import type { Vertex } from '#shared/domain/step-events.ts';

/** What `--json` says of a build besides its steps. */
export function buildDocument(view: RunView): unknown {
  const { clipped, ...totals } = buildTotals(view);
  const broken = brokenCache(view);
  const ids = criticalPath(view.vertices);
  return {
    ...totals,
    clipped: clipped.map(nameOf),
    cacheBrokenBy: broken && {
      ...nameOf(broken.step),
      changedFiles: broken.files,
      changedFileCount: broken.fileCount,
    },
    criticalPath: view.vertices
      .filter(({ id }) => ids.has(id))
      .toSorted((one, other) => (one.startedAt ?? 0) - (other.startedAt ?? 0))
      .map((vertex) => ({ ...nameOf(vertex), startedAt: vertex.startedAt, endedAt: vertex.endedAt })),
    tests: view.testReports,
  };
}

function nameOf({ name, cell }: Vertex) {
  return { name, cell };
}
