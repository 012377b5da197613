import { GantryError } from '#shared/domain/errors.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { Plan, PlanRequest } from '#shared/domain/plan.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { Actor } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';
import { giveUp } from './give-up.ts';
import { createLiveFeed, type LiveFeed } from './live.ts';
import { preparePlan } from './plan.ts';
import { createRecovery } from './recovery.ts';
import { createRunEngine, type RunEngine } from './run-engine.ts';
import { createStarter, type Starter } from './start-run.ts';
import { createWatches, type Watches } from './watch/watches.ts';

/** What lives as long as a Gantry process does. Questions that need no memory are plain functions beside it. */
export type Core = {
  readonly ports: Ports;
  readonly engine: RunEngine;
  readonly starter: Starter;
  readonly live: LiveFeed;
  readonly watches: Watches;
  plan(request: PlanRequest, signal: AbortSignal): Promise<Plan>;
  cancel(runId: RunId, by: Actor): boolean;
  /** False where it was given up before. */
  giveUp(runId: RunId, by: Actor): boolean;
  /** Closes what dead processes left open. Repeats itself only after a while, however often it is asked. */
  recovered(): Promise<void>;
  dispose(): Promise<void>;
};

const recoverEveryMs = 10_000;
/** What is followed is often over already, and a command that only looked would leave before it knew. */
const leaveWithinMs = 1_000;

export function createCore(ports: Ports): Core {
  const live = createLiveFeed(ports);
  const engine = createRunEngine(ports, live.nudge);
  const recovery = createRecovery(ports, live.nudge, engine.follow);
  const cancel: Core['cancel'] = (runId, by) => {
    requireRun(ports, runId);
    const isAccepted = ports.ledger.runs.requestCancel(runId, ports.clock.now(), by);
    if (isAccepted) engine.cancel(runId);
    live.nudge();
    return isAccepted;
  };
  const starter = createStarter(ports, engine, recovery.recover, cancel);
  const watches = createWatches({ ports, starter, cancel }, (workspaceId, watch) =>
    live.tell(workspaceId, { kind: 'watch-changed', workspaceId, watch }),
  );
  let lastRecovery: { readonly at: number; readonly done: Promise<unknown> } | undefined;
  return {
    ports,
    engine,
    live,
    watches,
    starter,
    async plan(request, signal) {
      return (await preparePlan(ports, request, signal)).plan;
    },
    cancel,
    giveUp(runId, by) {
      const isAccepted = giveUp(ports, requireRun(ports, runId), by);
      live.nudge();
      return isAccepted;
    },
    async recovered() {
      const now = ports.clock.now();
      if (lastRecovery === undefined || now - lastRecovery.at > recoverEveryMs) {
        lastRecovery = { at: now, done: recovery.recoverAll() };
      }
      await lastRecovery.done;
    },
    async dispose() {
      await watches.dispose();
      await engine.leave(leaveWithinMs);
      live.dispose();
    },
  };
}

export function requireRun(ports: Pick<Ports, 'ledger'>, runId: RunId): RunSummary {
  const run = ports.ledger.runs.get(runId);
  if (run !== undefined) return run;
  throw new GantryError('run-unknown', `There is no run ${runId}.`, '`gantry history` lists them.');
}
