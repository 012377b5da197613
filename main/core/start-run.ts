import { GantryError } from '#shared/domain/errors.ts';
import type { RunId } from '#shared/domain/ids.ts';
import { type Plan, type PlanRequest, verdictOf } from '#shared/domain/plan.ts';
import type { Actor, RunEvent } from '#shared/domain/run-events.ts';
import { type AdoptRequest, startAdopt } from './adopt/start-adopt.ts';
import type { Ports } from './context.ts';
import { scriptDeploy } from './deploy-script.ts';
import { learnPrivateValues, storeEnvSnapshot } from './env-snapshot.ts';
import { requireTrust } from './open-workspace.ts';
import { type PreparedPlan, preparePlan } from './plan.ts';
import type { PushChoices } from './push.ts';
import { requestRun, requireConfirmation, stale } from './request-run.ts';
import { requireNotRemoved } from './retention/removal-guard.ts';
import { type PruneRequest, startPrune } from './retention/start-prune.ts';
import type { RunEngine } from './run-engine.ts';
import { type BuildAsked, startBuild } from './start-build.ts';
import { type NameRequest, startPush, startTag } from './start-push.ts';
import { type RetryRequest, startRetry } from './start-retry.ts';

export type StartRequest = {
  readonly request: PlanRequest;
  /** `null` of those who looked at no plan. */
  readonly planHash: string | null;
  readonly requestId: string;
  readonly confirmation?: string | undefined;
  readonly note?: string | undefined;
};

export type Starter = {
  /** Starts exactly the plan whose hash is given, if one is. Answers as soon as the run is in the ledger. */
  start(request: StartRequest, by: Actor, signal: AbortSignal): Promise<RunId>;
  /** Plans and starts at once, for those who look at no plan. `undefined` where nothing would be different afterwards. */
  startUnseen(
    request: PlanRequest,
    run: { readonly requestId: string; readonly note: string },
    by: Actor,
    signal: AbortSignal,
  ): Promise<RunId | undefined>;
  /** Goes on with a run that did not end well. */
  retry(request: RetryRequest, by: Actor): Promise<RunId>;
  build(request: BuildAsked, by: Actor): Promise<RunId>;
  push(request: NameRequest & PushChoices, by: Actor, signal: AbortSignal): Promise<RunId>;
  tag(request: NameRequest & { readonly tags: readonly string[] }, by: Actor): Promise<RunId>;
  adopt(request: AdoptRequest, by: Actor): Promise<RunId>;
  /** Removes exactly what the preview of that hash showed. */
  prune(request: PruneRequest, by: Actor, signal: AbortSignal): Promise<RunId>;
};

export function createStarter(
  ports: Ports,
  engine: RunEngine,
  recover: (runId: RunId) => Promise<boolean>,
  cancel: (runId: RunId, by: Actor) => void,
): Starter {
  return {
    async start(request, by, signal) {
      const { workspaceId } = request.request;
      const repeated = ports.ledger.runs.byRequest(workspaceId, request.requestId);
      if (repeated !== undefined) return repeated;
      const prepared = await preparePlan(ports, request.request, signal);
      requireTrust(ports, prepared.workspace);
      requireSamePlan(prepared.plan, request.planHash);
      requireOpen(prepared.plan);
      requireConfirmation(prepared.plan, request.confirmation);
      return startPlan(ports, engine, recover, prepared, request, by);
    },
    async startUnseen(request, run, by, signal) {
      const prepared = await preparePlan(ports, request, signal);
      requireTrust(ports, prepared.workspace);
      if (changesNothing(prepared.plan)) return undefined;
      requireOpen(prepared.plan);
      requireConfirmation(prepared.plan, undefined);
      return startPlan(ports, engine, recover, prepared, run, by);
    },
    retry: (request, by) => startRetry({ ports, engine, recover, by }, request),
    build: (request, by) => startBuild(ports, engine, { ports, recover, cancel }, request, by),
    push: (request, by, signal) => startPush({ ports, engine, recover, by }, request, signal),
    tag: (request, by) => startTag({ ports, engine, recover, by }, request),
    adopt: (request, by) => startAdopt(ports, engine, recover, request, by),
    prune: (request, by, signal) => startPrune(ports, engine, recover, request, by, signal),
  };
}

async function startPlan(
  ports: Ports,
  engine: RunEngine,
  recover: (runId: RunId) => Promise<boolean>,
  prepared: PreparedPlan,
  request: Pick<StartRequest, 'requestId' | 'note'>,
  by: Actor,
): Promise<RunId> {
  const { plan, workspace, environment, content, state } = prepared;
  await expectPromotions(ports, plan, workspace.config.registry.insecure);
  storeEnvSnapshot(ports, workspace.id, environment.name, content);
  const redactor = ports.secrets.redactor();
  learnPrivateValues(redactor, content, workspace.config.env);
  const { kind } = plan.request;
  const event: RunEvent = {
    kind: 'run-requested',
    workspaceId: workspace.id,
    run: kind,
    environment: environment.name,
    ...(plan.request.from === undefined ? {} : { from: plan.request.from }),
    release: plan.release.id,
    ...(state === undefined ? {} : { previousRelease: state.release }),
    envSnapshot: content.id,
    plan,
    steps: plan.steps,
    by,
    ...(request.note === undefined ? {} : { note: request.note }),
  };
  const [first] = plan.steps;
  const answer = await requestRun(ports, recover, {
    workspaceId: workspace.id,
    requestId: request.requestId,
    scope: environment.name,
    by,
    reason: `${kind} ${plan.release.id}`,
    event: redactor.redactDeep(event),
    // In one transaction with it: each has to wait for the disk.
    ...(first === undefined ? {} : { next: { kind: 'step-started', step: first.id } }),
    check: () => requireNotRemoved(ports, prepared.release, prepared.seenAt),
  });
  if (answer.kind === 'repeated') return answer.runId;
  const { runId, token } = answer;
  const { steps, ...script } = scriptDeploy(ports, prepared, redactor);
  const begun = steps.map((step, index) => (index === 0 ? { ...step, isBegun: true } : step));
  void engine.execute({ runId, token, redactor, ...script, steps: begun });
  return runId;
}

/** Their registries answer what changes nothing while the run is written down. Resolves when they were asked. */
async function expectPromotions(
  { registry }: Ports,
  { availability = [] }: Plan,
  insecure: readonly string[],
): Promise<void> {
  const promotions = availability.filter((item) => item.kind === 'promote');
  for (const { from, ref } of promotions) registry.expectPromotion(from, ref, { insecure });
  if (promotions.length > 0) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** The release runs there as the last run left it, and its env and settings stay. */
function changesNothing({ previous, release, diff, warnings }: Plan): boolean {
  return (
    previous?.id === release.id &&
    diff.target.length === 0 &&
    diff.env.every(({ kind }) => kind === 'same') &&
    !warnings.some(({ about }) => about === 'target')
  );
}

function requireSamePlan(plan: Plan, hash: string | null): void {
  if (hash === null || plan.hash === hash) return;
  throw stale(`${plan.environment} or ${plan.release.id} changed since the plan was made`);
}

function requireOpen(plan: Plan): void {
  const verdict = verdictOf(plan);
  if (verdict.kind === 'ready') return;
  if (verdict.kind === 'blocked') {
    throw new GantryError(
      'plan-blocked',
      `${verdict.warnings.map((warning) => warning.what).join('; ')}.`,
      verdict.warnings[0]?.detail ?? 'Mend what the plan names.',
    );
  }
  const held = verdict.gates.find((gate) => gate.id === 'hold');
  if (held !== undefined) {
    throw new GantryError(
      'environment-held',
      `${plan.environment} is on hold. ${held.detail}.`,
      `Lift the hold when it is time: gantry lift ${plan.environment}`,
    );
  }
  const details = verdict.gates.map((gate) => `${gate.title}: ${gate.detail}`).join('; ');
  throw new GantryError(
    'gate-closed',
    `A gate is closed. ${details}.`,
    'Open the gate first; the plan says how.',
  );
}
