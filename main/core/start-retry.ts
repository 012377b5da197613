import { choicesAfter, hasChanged, mayBeGivenUp, stepsOfRetry } from '#shared/domain/after-failure.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { RunId } from '#shared/domain/ids.ts';
import type { Plan } from '#shared/domain/plan.ts';
import type { Actor, RunEvent } from '#shared/domain/run-events.ts';
import { foldRun, type RunView } from '#shared/domain/run-reducer.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import type { Ports } from './context.ts';
import { scriptDeploy } from './deploy-script.ts';
import { learnPrivateValues, loadEnvSnapshot } from './env-snapshot.ts';
import { environmentOf, loadWorkspace, type OpenWorkspace, requireTrust } from './open-workspace.ts';
import { requireRelease } from './releases.ts';
import { busy, requestRun, requireConfirmation, stale } from './request-run.ts';
import { requireNotRemoved } from './retention/removal-guard.ts';
import type { RunEngine } from './run-engine.ts';
import { placeOf } from './target-io.ts';

export type RetryRequest = {
  readonly runId: RunId;
  readonly requestId: string;
  /** A step's id; default: the first that was not proved. */
  readonly from?: string | undefined;
  readonly confirmation?: string | undefined;
  readonly note?: string | undefined;
};

export type Retrying = {
  readonly ports: Ports;
  readonly engine: RunEngine;
  readonly recover: (runId: RunId) => Promise<boolean>;
  readonly by: Actor;
};

type Retried = RunView & {
  readonly plan: Plan;
  readonly environment: NonNullable<RunView['environment']>;
  readonly envSnapshot: NonNullable<RunView['envSnapshot']>;
};

/**
 * Goes on with a run that did not end well: the same plan, release and env, from a step on. Refuses with `plan-stale`
 * where the plan may no longer hold.
 */
export async function startRetry(
  { ports, engine, recover, by }: Retrying,
  { runId, requestId, from, confirmation, note }: RetryRequest,
): Promise<RunId> {
  const seenAt = ports.ledger.events.lastSeq();
  const view = retriable(foldRun(ports.ledger.runs.events(runId)), runId);
  const { workspaceId } = view;
  const repeated = ports.ledger.runs.byRequest(workspaceId, requestId);
  if (repeated !== undefined) return repeated;
  const workspace = await loadWorkspace(ports, workspaceId);
  requireTrust(ports, workspace);
  const environment = environmentOf(workspace, view.environment);
  const ids = chosenSteps(ports, view, environment, from);
  requireSamePlace(ports, view, workspace, environment);
  requireConfirmation(view.plan, confirmation);
  const release = requireRelease(ports, workspaceId, view.plan.release.id);
  const steps = view.plan.steps.filter((step) => ids.includes(step.id));
  requireWhole(view, steps);

  const content = loadEnvSnapshot(ports, view.envSnapshot);
  const redactor = ports.secrets.redactor();
  learnPrivateValues(redactor, content, workspace.config.env);
  const state = ports.ledger.environments.state(workspaceId, environment.name);
  const event: RunEvent = {
    kind: 'run-requested',
    workspaceId,
    run: view.plan.request.kind,
    environment: environment.name,
    ...(view.from === undefined ? {} : { from: view.from }),
    release: release.id,
    ...(state === undefined ? {} : { previousRelease: state.release }),
    envSnapshot: content.id,
    plan: view.plan,
    steps,
    by,
    ...(note === undefined ? {} : { note }),
    retryOf: runId,
  };
  const answer = await requestRun(ports, recover, {
    workspaceId,
    requestId,
    scope: environment.name,
    by,
    reason: `retry of run ${runId}, ${view.plan.request.kind} ${release.id}`,
    event: redactor.redactDeep(event),
    check: () => {
      requireNewest(ports, view);
      requireNotGivenUp(ports.ledger.runs.get(runId) ?? view);
      requireNotRemoved(ports, release, seenAt);
    },
  });
  if (answer.kind === 'repeated') return answer.runId;
  const prepared = {
    plan: { ...view.plan, steps: [...steps] },
    workspace,
    environment,
    content,
    ...(state === undefined ? {} : { state }),
    release,
    seenAt,
  };
  void engine.execute({
    runId: answer.runId,
    token: answer.token,
    redactor,
    ...scriptDeploy(ports, prepared, redactor),
    hasChangedBefore: hasChanged(view),
  });
  return answer.runId;
}

function retriable(view: RunView | undefined, runId: RunId): Retried {
  if (view === undefined) {
    throw new GantryError('run-unknown', `There is no run ${runId}.`, '`gantry history` lists them.');
  }
  const { plan, environment, envSnapshot } = view;
  if (plan !== undefined && environment !== undefined && envSnapshot !== undefined)
    return { ...view, plan, environment, envSnapshot };
  throw new GantryError(
    'usage',
    `Run ${runId} is no deploy, promotion or rollback, so there is no step to go on from.`,
    `Start it anew: gantry ${view.kind}`,
  );
}

/** Throws why there is nothing to go on with. */
function chosenSteps(
  { ledger }: Ports,
  view: Retried,
  { name, confirm }: Environment,
  from: string | undefined,
): readonly string[] {
  requireNotGivenUp(view);
  // Before asking what came after it: a run that ended well is over, whatever did.
  if (!mayBeGivenUp(view)) throw nothingToGoOnWith(view);
  requireNewest({ ledger }, view);
  const state = ledger.environments.state(view.workspaceId, name);
  const hold = ledger.environments.hold(view.workspaceId, name);
  // Who holds the lease is asked for in the transaction.
  const choices = choicesAfter(view, {
    name,
    confirm,
    ...(state === undefined ? {} : { state }),
    ...(hold === undefined ? {} : { hold }),
  });
  const retry = choices.find((choice) => choice.kind === 'retry');
  if (retry === undefined) throw nothingToGoOnWith(view);
  if (hold !== undefined && retry.why !== undefined) {
    throw new GantryError(
      'environment-held',
      `${name} is on hold: ${hold.reason}.`,
      `Lift the hold when it is time: gantry lift ${name}`,
    );
  }
  if (retry.why !== undefined) {
    throw new GantryError(
      'plan-blocked',
      `${retry.why}.`,
      `See what ${name} runs, then plan anew: gantry status`,
    );
  }
  const steps = stepsOfRetry(view, from ?? retry.from.step);
  if (steps !== undefined) return steps;
  throw new GantryError(
    'usage',
    `Run ${view.id} cannot be retried from ${from}.`,
    `It can from ${retry.points.map(({ step }) => step).join(', ')}.`,
  );
}

function nothingToGoOnWith({ id, state, environment, plan }: Retried): GantryError {
  const what = state === 'running' ? 'still runs' : `ended ${state}`;
  return new GantryError(
    'usage',
    `Run ${id} ${what}, so there is nothing to go on with.`,
    `To deploy the release again, plan it: gantry plan ${environment} --release ${plan.release.id}`,
  );
}

function requireNotGivenUp({
  id,
  givenUp,
  environment,
}: Pick<RunView, 'id' | 'givenUp' | 'environment'>): void {
  if (givenUp === undefined) return;
  throw new GantryError(
    'usage',
    `Run ${id} was given up by ${givenUp.by.name}, so nothing goes on from it.`,
    `To deploy there again, plan it: gantry plan ${environment ?? ''}`,
  );
}

/** Whatever ran there since may have left it otherwise than this run's steps expect. */
function requireNewest({ ledger }: Pick<Ports, 'ledger'>, { id, workspaceId, environment }: Retried): void {
  const [newest] = ledger.runs.list({ workspaceId, environment, limit: 1 });
  if (newest === undefined || newest.id === id) return;
  if (newest.state === 'running') {
    const lease = ledger.leases.get(workspaceId, environment);
    if (lease !== undefined) throw busy(environment, lease);
  }
  throw stale(`Run ${newest.id} was in ${environment} since`);
}

/** Its steps were planned for the place that gantry.yml named then. */
function requireSamePlace(
  ports: Ports,
  { plan }: Retried,
  workspace: OpenWorkspace,
  environment: Environment,
): void {
  const target = ports.targets.get(environment.target.kind);
  const { label } = target.describe(environment.target.config, placeOf(workspace, environment));
  if (target.kind === plan.target.kind && label === plan.target.label) return;
  throw stale(`gantry.yml says another target for ${environment.name} now`);
}

/** What redaction took out of a planned step cannot be carried out. */
function requireWhole({ id }: Retried, steps: Plan['steps']): void {
  if (!JSON.stringify(steps.map(({ action }) => action)).includes('[redacted]')) return;
  throw stale(`The steps of run ${id} hold a secret that was not kept`);
}
