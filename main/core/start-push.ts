import type { ReleaseId, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Actor } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';
import { loadWorkspace, type OpenWorkspace, requireTrust } from './open-workspace.ts';
import { type PushChoices, scriptPush } from './push.ts';
import { requireRelease } from './releases.ts';
import { requestRun } from './request-run.ts';
import type { RunEngine } from './run-engine.ts';
import type { RunStep } from './run-step.ts';
import { scriptTag } from './tag.ts';

export type NameRequest = {
  readonly workspaceId: WorkspaceId;
  readonly requestId: string;
  readonly release: ReleaseId;
};

type Starting = {
  readonly ports: Ports;
  readonly engine: RunEngine;
  readonly recover: (runId: RunId) => Promise<boolean>;
  readonly by: Actor;
};

/** Puts a release into a repository. Answers as soon as the run is in the ledger. */
export async function startPush(
  starting: Starting,
  request: NameRequest & PushChoices,
  signal: AbortSignal,
): Promise<RunId> {
  return start(starting, 'push', request, (workspace) =>
    scriptPush(
      starting.ports,
      workspace,
      requireRelease(starting.ports, workspace.id, request.release),
      request,
      signal,
    ),
  );
}

/** Gives a release further names on this engine. */
export async function startTag(
  starting: Starting,
  request: NameRequest & { readonly tags: readonly string[] },
): Promise<RunId> {
  return start(starting, 'tag', request, async (workspace) =>
    scriptTag(
      starting.ports,
      workspace,
      requireRelease(starting.ports, workspace.id, request.release),
      request.tags,
    ),
  );
}

async function start(
  { ports, engine, recover, by }: Starting,
  kind: 'push' | 'tag',
  { workspaceId, requestId, release }: NameRequest,
  script: (workspace: OpenWorkspace) => Promise<readonly RunStep[]>,
): Promise<RunId> {
  const repeated = ports.ledger.runs.byRequest(workspaceId, requestId);
  if (repeated !== undefined) return repeated;
  const workspace = await loadWorkspace(ports, workspaceId);
  requireTrust(ports, workspace);
  const steps = await script(workspace);
  const answer = await requestRun(ports, recover, {
    workspaceId,
    requestId,
    // A release that is being removed cannot be pushed at the same time.
    scope: '#build',
    by,
    reason: `${kind} ${release}`,
    event: {
      kind: 'run-requested',
      workspaceId,
      run: kind,
      release,
      steps: steps.map(({ planned }) => planned),
      by,
    },
  });
  if (answer.kind === 'repeated') return answer.runId;
  const { runId, token } = answer;
  void engine.execute({
    runId,
    token,
    redactor: ports.secrets.redactor(),
    steps,
    succeed: (details) => ({ summary: details.join(', ') }),
  });
  return runId;
}
