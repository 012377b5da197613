import type { WorkspaceId } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RecentWorkspace } from '#shared/domain/workspace.ts';
import type { GantryClient } from '../gantry-client.ts';

export type RunWatch = {
  /** Also watches workspaces that became known since; gives all of them, newest first. */
  refresh(): Promise<readonly RecentWorkspace[]>;
};

/** Calls `onEnded` for every run that ends in a workspace of the recent ones, whichever shell started it. */
export function watchRuns(options: {
  readonly client: GantryClient;
  readonly signal: AbortSignal;
  readonly onEnded: (run: RunSummary, workspaceName: string) => void;
}): RunWatch {
  const { client, signal, onEnded } = options;
  const watched = new Map<WorkspaceId, string>();

  const watch = async (workspaceId: WorkspaceId): Promise<void> => {
    for await (const live of await client.live({ workspaceId }, { signal })) {
      if (live.kind !== 'recorded' || live.recorded.event.kind !== 'run-ended') continue;
      const { summary } = await client.runs.get({ runId: live.recorded.runId });
      onEnded(summary, watched.get(workspaceId) ?? '');
    }
  };

  return {
    refresh: async () => {
      const recent = await client.workspaces.recent();
      for (const { id, name } of recent) {
        const isNew = !watched.has(id);
        watched.set(id, name);
        if (!isNew) continue;
        // A stream that broke is taken up again by the next refresh; until then the page still shows everything.
        void watch(id)
          .catch(() => undefined)
          .finally(() => watched.delete(id));
      }
      return recent;
    },
  };
}
