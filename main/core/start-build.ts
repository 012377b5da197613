import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Actor } from '#shared/domain/run-events.ts';
import { buildAtCommit, type CommitBuild, requireTrustAt } from './build/at-commit.ts';
import { scriptBuild } from './build/script.ts';
import type { BuildChoices } from './build/spec.ts';
import { type BuildQueue, requestBuild, type WhenBusy } from './build-queue.ts';
import type { Ports } from './context.ts';
import { loadWorkspace, type OpenWorkspace, requireBuildable, requireTrust } from './open-workspace.ts';
import { requireEngine } from './request-run.ts';
import { pruneAfterBuild } from './retention/script.ts';
import type { RunEngine } from './run-engine.ts';

export type BuildAsked = BuildChoices & {
  readonly workspaceId: WorkspaceId;
  readonly requestId: string;
  readonly whenBusy: WhenBusy;
  readonly note?: string | undefined;
  /** What to build instead of the folder as it is: anything that git takes for a commit. */
  readonly commit?: string | undefined;
  /** Trust what that commit's gantry.yml would run. */
  readonly trustCommit?: boolean | undefined;
};

/** Answers as soon as the run is in the ledger. */
export async function startBuild(
  ports: Ports,
  engine: RunEngine,
  queue: BuildQueue,
  request: BuildAsked,
  by: Actor,
): Promise<RunId> {
  const repeated = ports.ledger.runs.byRequest(request.workspaceId, request.requestId);
  if (repeated !== undefined) return repeated;
  // Asked meanwhile; what is wrong with the workspace is said first.
  const answers = requireEngine(ports);
  answers.catch(() => {});
  const workspace = await loadWorkspace(ports, request.workspaceId);
  requireTrust(ports, workspace);
  if (request.commit === undefined) requireBuildable(workspace);
  const atCommit = await commitOf(ports, workspace, request);
  await answers;
  const script = scriptBuild(ports, atCommit?.workspace ?? workspace, { noCache: request.noCache });
  const first = atCommit === undefined ? [] : [atCommit.step];
  const after = workspace.config.retention.afterBuild ? [pruneAfterBuild(ports, workspace)] : [];
  const answer = await requestBuild(queue, {
    workspaceId: workspace.id,
    requestId: request.requestId,
    by,
    whenBusy: request.whenBusy,
    event: (waiting) => ({
      kind: 'run-requested',
      workspaceId: workspace.id,
      run: 'build',
      steps: [
        ...waiting,
        ...first.map(({ planned }) => planned),
        ...script.planned,
        ...after.map(({ planned }) => planned),
      ],
      by,
      ...(request.noCache ? { noCache: true } : {}),
      ...(request.note === undefined ? {} : { note: request.note }),
    }),
  });
  if (answer.kind === 'repeated') return answer.runId;
  const { runId, token } = answer;
  const redactor = ports.secrets.redactor();
  const before = [...answer.before, ...first];
  void engine.execute({
    runId,
    token,
    redactor,
    steps: [...before, ...script.steps({ id: runId, redactor }), ...after],
    cleanUp: async (signal) => {
      // The folder first: it needs no engine.
      const folder = atCommit?.cleanUp() ?? Promise.resolve();
      await folder.finally(() => script.cleanUp(runId, signal));
    },
    succeed: (details) => ({ summary: script.summary(details.slice(before.length)) }),
  });
  return runId;
}

async function commitOf(
  ports: Ports,
  workspace: OpenWorkspace,
  { commit, requestId, trustCommit = false }: BuildAsked,
): Promise<CommitBuild | undefined> {
  if (commit === undefined) return undefined;
  const build = await buildAtCommit(ports, workspace, commit, requestId);
  requireTrustAt(ports, workspace, build, { commit, trusts: trustCommit });
  return build;
}
