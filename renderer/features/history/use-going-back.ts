import { useEffect, useState } from 'react';
import type { EnvironmentName, WorkspaceId } from '#shared/domain/ids.ts';
import type { RollbackChoice } from '#shared/domain/image-list.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { useBoard } from '../../stores/stores.tsx';
import { useClient } from '../../transport/client-context.tsx';
import type { GoingBack } from './going-back.ts';
import { goingBack } from './going-back.ts';

/** Whether one can go back to what a run left, as far as that is known by now. */
export function useGoingBack(run: RunSummary): GoingBack {
  const environment = useBoard((state) =>
    state.board?.environments.find((each) => each.name === run.environment),
  );
  const choices = useRollbackChoices(run.workspaceId, run.environment, environment?.state?.runId);
  return goingBack(run, environment, choices);
}

function useRollbackChoices(
  workspaceId: WorkspaceId,
  environment: EnvironmentName | undefined,
  /** Another last run, another answer. */
  lastRun: number | undefined,
): readonly RollbackChoice[] | undefined {
  const client = useClient();
  const [known, setKnown] = useState<{
    readonly of: EnvironmentName;
    readonly choices: readonly RollbackChoice[];
  }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the environment's last run decides what it may go back to
  useEffect(() => {
    if (environment === undefined) return;
    const stop = new AbortController();
    client.releases.rollbackChoices({ workspaceId, environment }, { signal: stop.signal }).then(
      (choices) => !stop.signal.aborted && setKnown({ of: environment, choices }),
      // Not known: then nothing is offered, and the board's own way back still is.
      () => undefined,
    );
    return () => stop.abort();
  }, [client, workspaceId, environment, lastRun]);
  return known?.of === environment ? known?.choices : undefined;
}
