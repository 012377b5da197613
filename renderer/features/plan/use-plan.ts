import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import type { EnvironmentName, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { PlanRequest } from '#shared/domain/plan.ts';
import { useCurrentBoard } from '../../stores/current-board.ts';
import { leasedTo } from '../../stores/lease-holder.ts';
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

/** The board tells at once when the lease goes; a holder that died is closed only when somebody asks for the runs. */
const LOOK_EVERY_MS = 2_000;

/**
 * Asks for the plan that the address names, waits first where another run has the environment, and starts exactly the
 * plan that was shown.
 */
export function usePlan(route: PlanDialogRoute, workspaceId: WorkspaceId): Planning {
  const client = useClient();
  const { onBoard, holder, setGone } = useHolder(route.to);
  const [state, dispatch] = useReducer(reducePlan, {
    phase: holder === undefined ? 'planning' : 'waiting',
  } satisfies PlanState);
  // Kept over a lost answer, so that pressing again cannot start a second run.
  const request = useRef<{ readonly hash: string; readonly id: string }>(undefined);
  const from = route.run === 'promote' ? route.from : undefined;

  const planAgain = useCallback(() => dispatch({ kind: 'asked' }), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another wish is another plan
  useEffect(planAgain, [workspaceId, route.run, route.to, route.release, from]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: it may come in any phase, and some do not mind it
  useEffect(() => {
    if (holder !== undefined) dispatch({ kind: 'held' });
  }, [holder, state.phase]);

  const isPlanning = state.phase === 'planning' && holder === undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the route's parts, not the object around them
  useEffect(() => {
    if (!isPlanning) return;
    const asked = new AbortController();
    client.plan(requestOf(route, workspaceId), { signal: asked.signal }).then(
      (plan) => {
        if (!asked.signal.aborted) dispatch({ kind: 'answered', plan });
      },
      (error: unknown) => {
        if (!asked.signal.aborted) dispatch({ kind: 'ask-failed', trouble: toTrouble(error) });
      },
    );
    return () => asked.abort();
  }, [isPlanning, client, workspaceId, route.run, route.to, route.release, from]);

  const isWaiting = state.phase === 'waiting';
  useEffect(() => {
    if (!isWaiting) return;
    return lookWhile(async (signal) => {
      const asked = { workspaceId, environment: route.to, state: 'running', limit: 1 } as const;
      try {
        const [run] = await client.runs.list(asked, { signal });
        if (signal.aborted) return;
        if (run !== undefined) return dispatch({ kind: 'held', run });
        setGone(onBoard);
        dispatch({ kind: 'freed' });
      } catch (error) {
        const trouble = toTrouble(error);
        // The foot says that nobody answers; the wait outlasts that.
        if (!signal.aborted && trouble.code !== 'connection-lost') dispatch({ kind: 'ask-failed', trouble });
      }
    });
  }, [isWaiting, client, workspaceId, route.to, onBoard, setGone]);

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

/** The run that has the environment by the board, unless a look at the runs has found that it is over: the board lags. */
function useHolder(environment: EnvironmentName) {
  const [gone, setGone] = useState<RunId>();
  const shown = useCurrentBoard()?.environments.find(({ name }) => name === environment);
  const onBoard = shown && leasedTo(shown);
  return { onBoard, holder: onBoard === gone ? undefined : onBoard, setGone };
}

/** Looks now, and again a while after each look, until it is told to stop. */
function lookWhile(look: (signal: AbortSignal) => Promise<void>): () => void {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const again = async (): Promise<void> => {
    await look(stop.signal);
    if (!stop.signal.aborted) timer = setTimeout(again, LOOK_EVERY_MS);
  };
  void again();
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}
