import type { RunId } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { OpenWorkspace } from '../open-workspace.ts';

/** Carries the image until it has proved itself; removed at the end of the run. */
export function buildTag(workspace: Pick<OpenWorkspace, 'config'>, runId: RunId): string {
  return `${workspace.config.image}:gantry-run-${runId}`;
}

/**
 * On every container that a test of this run uses. Another ledger may have a run of the same number on the same engine,
 * so the run's start is part of it.
 */
export function testLabels(run: Pick<RunSummary, 'id' | 'startedAt'>): Record<string, string> {
  return { 'dev.gantry.run': String(run.id), 'dev.gantry.run-started': String(run.startedAt) };
}
