import { GantryError } from '#shared/domain/errors.ts';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Actor } from '#shared/domain/run-events.ts';
import type { Ports } from '../context.ts';
import { loadWorkspace, requireTrust } from '../open-workspace.ts';
import { requestRun } from '../request-run.ts';
import type { RunEngine } from '../run-engine.ts';
import { foresee } from './preview.ts';
import { scriptPrune } from './script.ts';

export type PruneRequest = {
  readonly workspaceId: WorkspaceId;
  readonly requestId: string;
  /** Of the preview that a person saw. */
  readonly hash: string;
};

/** Starts the removal of exactly what the preview showed. Answers as soon as the run is in the ledger. */
export async function startPrune(
  ports: Ports,
  engine: RunEngine,
  recover: (runId: RunId) => Promise<boolean>,
  { workspaceId, requestId, hash }: PruneRequest,
  by: Actor,
  signal: AbortSignal,
): Promise<RunId> {
  const repeated = ports.ledger.runs.byRequest(workspaceId, requestId);
  if (repeated !== undefined) return repeated;
  const workspace = await loadWorkspace(ports, workspaceId);
  requireTrust(ports, workspace);
  const prospect = await foresee(ports, workspace, signal);
  if (prospect.preview.hash !== hash) throw stale();
  if (prospect.removals.length === 0) throw nothing();
  const script = scriptPrune(ports, workspace, prospect);
  const answer = await requestRun(ports, recover, {
    workspaceId,
    requestId,
    scope: '#build',
    by,
    reason: 'remove old images',
    event: { kind: 'run-requested', workspaceId, run: 'prune', steps: [...script.planned], by },
  });
  if (answer.kind === 'repeated') return answer.runId;
  const { runId, token } = answer;
  void engine.execute({
    runId,
    token,
    redactor: ports.secrets.redactor(),
    steps: script.steps,
    succeed: () => ({ summary: script.summary() }),
  });
  return runId;
}

function stale(): GantryError {
  return new GantryError(
    'plan-stale',
    'Other images may go now than when it was looked at. Nothing was removed.',
    'Look again (gantry prune), and remove what it shows then.',
  );
}

function nothing(): GantryError {
  return new GantryError(
    'usage',
    'There is nothing to remove.',
    'gantry images shows why each release’s images stay.',
  );
}
