import type { Lease } from '#shared/domain/environment-state.ts';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { Actor, RunEvent } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';
import type { StepOutput } from './ports.ts';
import { askForRun, busy, type Requested } from './request-run.ts';
import type { RunStep, StepContext } from './run-step.ts';

/** What a build does when another of its workspace goes on. */
export type WhenBusy = 'queue' | 'replace' | 'refuse';

export type BuildQueue = {
  readonly ports: Ports;
  readonly recover: (runId: RunId) => Promise<boolean>;
  readonly cancel: (runId: RunId, by: Actor) => void;
};

type WantedBuild = {
  readonly workspaceId: WorkspaceId;
  readonly requestId: string;
  readonly by: Actor;
  readonly whenBusy: WhenBusy;
  /** The run's first event, with these steps before its own. */
  readonly event: (first: readonly PlannedStep[]) => RunEvent;
};

/** A run, and the steps that it begins with: none, or its waiting. */
type QueuedBuild = Requested & { readonly before: readonly RunStep[] };

/** Puts a build into the ledger: to work at once, or to wait for those that go before. */
export async function requestBuild(queue: BuildQueue, wanted: WantedBuild): Promise<QueuedBuild> {
  const { ports, recover } = queue;
  const { workspaceId, requestId, by, whenBusy } = wanted;
  const asked = { workspaceId, requestId, by, reason: 'build' };
  for (;;) {
    const answer = await askForRun(ports, recover, { ...asked, scope: '#build', event: wanted.event([]) });
    if (answer.kind !== 'busy') return { ...answer, before: [] };
    if (whenBusy === 'refuse') throw busy('#build', answer.lease);
    const last = ports.ledger.leases.queue(workspaceId).at(-1);
    // They all ended in between.
    if (last === undefined) continue;
    const step = waitStep(queue, wanted, last);
    const place = await askForRun(ports, recover, {
      ...asked,
      scope: `#waiting:build:${requestId}`,
      event: wanted.event([step.planned]),
    });
    if (place.kind === 'busy') throw busy('#build', place.lease);
    return { ...place, before: [step] };
  }
}

/** The first step of a build that waits; its title is how a list tells that one from a build that works. */
export const waitStepId = 'wait';

/** A wait has no natural end; after a day nobody wants that build any more. */
const longestWaitMs = 24 * 60 * 60_000;

function waitStep(queue: BuildQueue, wanted: WantedBuild, last: Lease): RunStep {
  return {
    planned: {
      id: waitStepId,
      title: `Wait for run ${last.runId}`,
      detail: holderOf(last),
      action: null,
      repeatable: true,
      changes: false,
      timeoutMs: longestWaitMs,
    },
    apply: (context) => waitForTurn(queue, wanted, context),
  };
}

/** How often a run that waits looks whether it is its turn. */
const lookEveryMs = 200;

async function* waitForTurn(
  queue: BuildQueue,
  { workspaceId, requestId, by, whenBusy }: WantedBuild,
  { signal, advance }: StepContext,
): AsyncGenerator<StepOutput> {
  const { ports, recover } = queue;
  if (whenBusy === 'replace') {
    cancelBefore(queue, workspaceId, ports.ledger.runs.byRequest(workspaceId, requestId), by);
  }
  for (;;) {
    const answer = advance();
    if (answer.kind === 'taken') break;
    yield { kind: 'progress', text: aheadText(answer.leases) };
    for (const lease of answer.leases) {
      // Nobody else may be there to close what a dead process left. `recover` looks whether it is dead.
      const isSilent = Math.abs(ports.clock.now() - lease.heartbeatAt) > ports.leaseStaleAfterMs;
      if (isSilent) await recover(lease.runId);
    }
    await ports.clock.sleep(lookEveryMs, signal);
  }
  yield { kind: 'end', outcome: 'succeeded', detail: 'Nothing goes before it any more' };
}

/** Builds alone: what adopts or removes images is nothing that a newer build makes needless. */
function cancelBefore(
  { ports, cancel }: BuildQueue,
  workspaceId: WorkspaceId,
  runId: RunId | undefined,
  by: Actor,
): void {
  for (const lease of ports.ledger.leases.queue(workspaceId)) {
    if (lease.runId === runId) return;
    if (ports.ledger.runs.get(lease.runId)?.kind === 'build') cancel(lease.runId, by);
  }
}

function aheadText([next, ...others]: readonly Lease[]): string {
  if (next === undefined) return '';
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return `behind run ${next.runId} (${holderOf(next)})${more}`;
}

function holderOf({ reason, by, owner }: Lease): string {
  return `${reason}, by ${by.name} in ${by.shell}, process ${owner.pid}`;
}
