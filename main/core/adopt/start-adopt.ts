import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Actor } from '#shared/domain/run-events.ts';
import type { Ports } from '../context.ts';
import { loadWorkspace, requireTrust } from '../open-workspace.ts';
import { requestRun, requireEngine } from '../request-run.ts';
import type { RunEngine } from '../run-engine.ts';
import { scriptAdopt } from './script.ts';

export type AdoptRequest = {
  readonly workspaceId: WorkspaceId;
  readonly requestId: string;
  /** A name, an id or a digest. */
  readonly ref: string;
};

/** Answers as soon as the run is in the ledger. */
export async function startAdopt(
  ports: Ports,
  engine: RunEngine,
  recover: (runId: RunId) => Promise<boolean>,
  { workspaceId, requestId, ref }: AdoptRequest,
  by: Actor,
): Promise<RunId> {
  const repeated = ports.ledger.runs.byRequest(workspaceId, requestId);
  if (repeated !== undefined) return repeated;
  const workspace = await loadWorkspace(ports, workspaceId);
  requireTrust(ports, workspace);
  await requireEngine(ports);
  const script = scriptAdopt(ports, workspace, ref);
  const answer = await requestRun(ports, recover, {
    workspaceId,
    requestId,
    scope: '#build',
    by,
    reason: `adopt ${ref}`,
    event: { kind: 'run-requested', workspaceId, run: 'adopt', steps: [...script.planned], by },
  });
  if (answer.kind === 'repeated') return answer.runId;
  const { runId, token } = answer;
  void engine.execute({
    runId,
    token,
    redactor: ports.secrets.redactor(),
    steps: script.steps(runId),
    succeed: () => ({ summary: script.summary() }),
  });
  return runId;
}
