import { useCallback, useEffect, useReducer, useRef } from 'react';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { PlanRequest } from '#shared/domain/plan.ts';
import type { PlanDialogRoute } from '../../stores/routes/route.ts';
import { useClient } from '../../transport/client-context.tsx';
import { newRequestId } from '../../transport/request-id.ts';
import { toTrouble } from '../../transport/trouble.ts';
import type { PlanState } from './plan-state.ts';
import { reducePlan } from './plan-state.ts';

export type Planning = {
  readonly state: PlanState;
  readonly planAgain: () => void;
  /** The run's id once it was accepted; undefined when it was not, and then the state says why. */
  readonly start: (sent: {
    readonly confirmation: string;
    readonly note: string;
  }) => Promise<RunId | undefined>;
};

function requestOf(route: PlanDialogRoute, workspaceId: WorkspaceId): PlanRequest {
  return {
    workspaceId,
    kind: route.run,
    to: route.to,
    ...(route.run === 'promote' ? { from: route.from } : {}),
    ...(route.release === undefined ? {} : { release: route.release }),
  };
}

/** Asks for the plan that the address names, and starts exactly the plan that was shown. */
export function usePlan(route: PlanDialogRoute, workspaceId: WorkspaceId): Planning {
  const client = useClient();
  const [state, dispatch] = useReducer(reducePlan, { phase: 'planning' });
  const asking = useRef<AbortController>(undefined);
  // Kept over a lost answer, so that pressing again cannot start a second run.
  const request = useRef<{ readonly hash: string; readonly id: string }>(undefined);
  const from = route.run === 'promote' ? route.from : undefined;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the route's parts, not the object around them
  const planAgain = useCallback(() => {
    asking.current?.abort();
    const asked = new AbortController();
    asking.current = asked;
    dispatch({ kind: 'asked' });
    client.plan(requestOf(route, workspaceId), { signal: asked.signal }).then(
      (plan) => {
        if (!asked.signal.aborted) dispatch({ kind: 'answered', plan });
      },
      (error: unknown) => {
        if (!asked.signal.aborted) dispatch({ kind: 'ask-failed', trouble: toTrouble(error) });
      },
    );
  }, [client, workspaceId, route.run, route.to, route.release, from]);

  useEffect(() => {
    planAgain();
    return () => asking.current?.abort();
  }, [planAgain]);

  const start: Planning['start'] = async ({ confirmation, note }) => {
    const { plan } = state;
    if (plan === undefined || state.phase !== 'planned') return undefined;
    dispatch({ kind: 'start-asked' });
    if (request.current?.hash !== plan.hash) request.current = { hash: plan.hash, id: newRequestId() };
    try {
      const { runId } = await client.runs.start({
        request: plan.request,
        planHash: plan.hash,
        requestId: request.current.id,
        ...(plan.confirm === 'typed' ? { confirmation } : {}),
        ...(note === '' ? {} : { note }),
      });
      return runId;
    } catch (error) {
      const trouble = toTrouble(error);
      if (trouble.code !== 'connection-lost') request.current = undefined;
      dispatch({ kind: 'start-failed', trouble });
      return undefined;
    }
  };

  return { state, planAgain, start };
}
