import * as z from 'zod';
import type { RunId } from '#shared/domain/ids.ts';
import { cellsOf, cellTag } from '#shared/domain/matrix.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RecordedEvent } from '#shared/domain/run-events.ts';
import type { WorkspaceConfig } from '#shared/domain/workspace-config.ts';
import type { Engine } from '../ports.ts';

/** What the names that a build leaves on the engine are made of. Kept with the run: gantry.yml may be another by then. */
const remainsSchema = z.object({
  image: z.string(),
  /** Of the build's matrix; empty without one. */
  cells: z.array(z.string()),
});
export type Remains = z.infer<typeof remainsSchema>;

export function remainsOf({ image, build }: Pick<WorkspaceConfig, 'image' | 'build'>): Remains {
  return { image, cells: cellsOf(build.matrix).map((cell) => cell.name) };
}

/** Those of a run whose process died; `undefined` when it got no further than being asked for by an older Gantry. */
export function rememberedRemains(events: readonly RecordedEvent[]): Remains | undefined {
  const [requested] = events;
  if (requested?.event.kind !== 'run-requested') return undefined;
  const build = requested.event.steps.find(({ id }) => id === 'build');
  return remainsSchema.safeParse(build?.action).data;
}

/** Carries an image until it has proved itself; removed at the end of the run. */
export function buildTag({ image }: Remains, runId: RunId, cell?: string): string {
  return `${image}:gantry-run-${runId}${cell === undefined ? '' : `-${cellTag(cell)}`}`;
}

/** Tries them all before it throws what the first that failed threw. */
export async function removeBuildTags(
  engine: Engine,
  remains: Remains,
  runId: RunId,
  signal?: AbortSignal,
): Promise<void> {
  const cells = remains.cells.length === 0 ? [undefined] : remains.cells;
  const results = await Promise.allSettled(
    cells.map((cell) => engine.untag(buildTag(remains, runId, cell), signal)),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/**
 * On every container that a test of this run uses. Another ledger may have a run of the same number on the same engine,
 * so the run's start is part of it.
 */
export function testLabels(run: Pick<RunSummary, 'id' | 'startedAt'>): Record<string, string> {
  return { 'dev.gantry.run': String(run.id), 'dev.gantry.run-started': String(run.startedAt) };
}
