import type { Lease } from '#shared/domain/environment-state.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Plan } from '#shared/domain/plan.ts';
import type { Actor, RunEvent } from '#shared/domain/run-events.ts';
import type { Ports } from './context.ts';
import type { LeaseScope } from './ports.ts';

export type Requested =
  | { readonly kind: 'taken'; readonly runId: RunId; readonly token: number }
  | { readonly kind: 'repeated'; readonly runId: RunId };

export type WantedRun = {
  readonly workspaceId: WorkspaceId;
  readonly requestId: string;
  readonly scope: LeaseScope;
  readonly by: Actor;
  readonly reason: string;
  readonly event: RunEvent;
  /** Recorded in the same transaction. */
  readonly next?: RunEvent;
  /** In the transaction: what it throws refuses the run. */
  readonly check?: () => void;
};

/** Puts a run into the ledger under its lease; a dead owner's run that has it is closed first. */
export async function requestRun(
  ports: Ports,
  recover: (runId: RunId) => Promise<boolean>,
  wanted: WantedRun,
): Promise<Requested> {
  const answer = await askForRun(ports, recover, wanted);
  if (answer.kind === 'busy') throw busy(wanted.scope, answer.lease);
  return answer;
}

/** As `requestRun`; a lease that somebody else has is an answer. */
export async function askForRun(
  ports: Ports,
  recover: (runId: RunId) => Promise<boolean>,
  wanted: WantedRun,
): Promise<Requested | { readonly kind: 'busy'; readonly lease: Lease }> {
  for (;;) {
    const answer = ports.ledger.runs.request({
      ...wanted,
      owner: ports.processes.self(),
      at: ports.clock.now(),
      staleAfterMs: ports.leaseStaleAfterMs,
      isOwnerAlive: (owner) => ports.processes.isAlive(owner),
    });
    if (answer.kind !== 'abandoned') return answer;
    // Another process may be closing it right now.
    if (!(await recover(answer.runId))) {
      const lease = ports.ledger.leases.get(wanted.workspaceId, wanted.scope) ?? answer.lease;
      return { kind: 'busy', lease };
    }
    // What the dead run left may differ from what the plan saw: a person should look again.
    if (wanted.scope !== '#build') throw stale(`Run ${answer.runId} had died and was closed just now`);
  }
}

export function busy(scope: LeaseScope, lease: Lease): GantryError {
  const holder = `run ${lease.runId} (${lease.reason}, by ${lease.by.name} in ${lease.by.shell}, process ${lease.owner.pid})`;
  return new GantryError(
    'environment-busy',
    scope === '#build' ? `Images are being made or removed: ${holder}.` : `${scope} is leased to ${holder}.`,
    scope === '#build'
      ? `Wait for it (gantry logs -f ${lease.runId}) or cancel it (gantry cancel ${lease.runId}).`
      : `Wait for it (the same command with --wait; gantry logs -f ${lease.runId} shows it) or cancel it (gantry cancel ${lease.runId}).`,
  );
}

export function stale(what: string): GantryError {
  return new GantryError(
    'plan-stale',
    `${what}, so the plan no longer holds. Nothing was started.`,
    'Plan again and look at what changed.',
  );
}

export function requireConfirmation(
  plan: Pick<Plan, 'confirm' | 'environment'>,
  confirmation: string | undefined,
): void {
  if (plan.confirm !== 'typed' || confirmation === plan.environment) return;
  throw new GantryError(
    'confirmation-required',
    `${plan.environment} wants its name typed before anything changes there.`,
    `Confirm with --confirm ${plan.environment}, or type the name in the dialog.`,
  );
}

export async function requireEngine(ports: Pick<Ports, 'engine'>): Promise<void> {
  const status = await ports.engine.status();
  if (status.kind === 'reachable') return;
  throw new GantryError(
    'engine-unreachable',
    `No Docker engine answers: ${status.why}`,
    'Start Docker, or point DOCKER_HOST at an engine; `gantry doctor` tells what was tried.',
  );
}
