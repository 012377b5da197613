import { checksOf } from '#shared/domain/health.ts';
import { asWhole, blindPlaces, blindWords, type Observed } from '#shared/domain/observed.ts';
import { holdsAfterGoingBack } from '#shared/domain/plan.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import type { Environment } from '#shared/domain/workspace-config.ts';
import { hasArrived, watchedStep } from './arrival.ts';
import { imageActionSchema } from './availability/action.ts';
import type { Ports } from './context.ts';
import { type Identity, identityOf, imageRulesOf, servicesOfReleases } from './identity.ts';
import { observeEnvironment } from './observe-environment.ts';
import { environmentOf, loadWorkspace } from './open-workspace.ts';
import type { RunRecorder } from './run-recorder.ts';
import type { Ending } from './run-script.ts';

/** Ends a deploy whose process died by what its environment runs now. */
export async function closeDeploy(ports: Ports, view: RunView, recorder: RunRecorder): Promise<Ending> {
  const hadChanged = view.steps.some((step) => step.changes && step.state !== 'not-yet');
  const { observed: seen, asksHealth, identity } = await look(ports, view);
  recorder.append({ kind: 'observed', observed: seen });
  const observed = asWhole(seen);
  const where = view.environment ?? 'The environment';
  if (observed.kind === 'unreachable') {
    const summary = `Gantry stopped, and what ${where} runs is unknown: ${observed.why}`;
    return { outcome: 'interrupted', summary, ...afterWatch(view, true) };
  }
  if (observed.kind === 'unobservable') return closeUnobserved(view, where);
  if (hasArrived(view, observed, asksHealth, identity)) {
    return {
      outcome: 'succeeded',
      summary: `Gantry stopped${watchedStep(view) === undefined ? '' : ' while it watched'}, but ${where} was found running ${view.release} and healthy${notDone(view)}`,
      ...(view.release === undefined
        ? {}
        : {
            leaves: {
              release: view.release,
              ...(view.envSnapshot === undefined ? {} : { envSnapshot: view.envSnapshot }),
            },
          }),
      ...(view.kind === 'rollback'
        ? { hold: { reason: 'Rolled back; Gantry stopped before it could say so' } }
        : {}),
    };
  }
  if (!hadChanged) {
    return { outcome: 'interrupted', summary: `Gantry stopped before ${where} was changed` };
  }
  const stillThere =
    observed.kind === 'running' &&
    servicesOfReleases(observed, identity).some(({ imageId }) => identity.ids.has(imageId));
  const halfWay = watchedStep(view) === undefined ? 'half-way' : 'while it watched';
  return {
    outcome: 'interrupted',
    summary: `Gantry stopped ${halfWay}: ${where} ${whatRuns(observed)}`,
    ...afterWatch(view, stillThere),
  };
}

/** Names that were to move, once the release had arrived. */
function notDone(view: RunView): string {
  const titles = view.steps
    .filter((step) => step.changes && step.startedAt === undefined)
    .map(({ title }) => title);
  return titles.length === 0 ? '' : `; not done: ${titles.join(', ')}`;
}

/** A step that brings an image or names it, and not one of the target. */
function isOfCore({ plan }: RunView, id: string): boolean {
  return imageActionSchema.safeParse(plan?.steps.find((step) => step.id === id)?.action).success;
}

/** Nobody can be asked: all that is known is what was written down. */
function closeUnobserved(view: RunView, where: string): Ending {
  const changes = view.steps.filter((step) => step.changes && !step.isRollback);
  const begun = changes.filter((step) => step.startedAt !== undefined);
  if (begun.length === 0) {
    return { outcome: 'interrupted', summary: `Gantry stopped before ${where} was changed` };
  }
  const unknown = begun.find((step) => step.state !== 'succeeded');
  const isHalf = changes.some((step) => step.startedAt === undefined && !isOfCore(view, step.id));
  if (unknown !== undefined || isHalf || view.rollbackReason !== undefined) {
    const during = unknown === undefined ? 'half-way' : `during “${unknown.title}”`;
    const summary = `Gantry stopped ${during}: what ${where} runs is not known, and nobody can be asked`;
    return { outcome: 'interrupted', summary };
  }
  const { release, envSnapshot } = view;
  return {
    outcome: 'unverified',
    summary: `Gantry stopped, but it was done, and cannot be verified: ${begun.at(-1)?.text ?? ''}${notDone(view)}`,
    ...(release === undefined
      ? {}
      : { leaves: { release, ...(envSnapshot === undefined ? {} : { envSnapshot }) } }),
  };
}

/** What had arrived is what runs there; what would have been held, had there been time to go back, is held. */
function afterWatch(view: RunView, stillThere: boolean): Pick<Ending, 'leaves' | 'hold'> {
  const watched = watchedStep(view);
  const { plan, release, envSnapshot, rollbackReason, id } = view;
  const isLost = watched?.state === 'failed';
  const wentBack = rollbackReason !== undefined || (isLost && plan?.onFailure === 'roll-back');
  const holds =
    wentBack && plan !== undefined && !view.isCancelRequested && holdsAfterGoingBack(plan, isLost);
  return {
    ...(watched !== undefined && rollbackReason === undefined && stillThere && release !== undefined
      ? { leaves: { release, ...(envSnapshot === undefined ? {} : { envSnapshot }) } }
      : {}),
    ...(holds
      ? {
          hold: {
            reason: `Run ${id} was going back by itself when Gantry stopped: ${rollbackReason ?? watched?.text ?? ''}`,
            by: 'Gantry',
          },
        }
      : {}),
  };
}

/** `runs web r-77ab10 (healthy)`, to follow an environment's name. */
export function whatRuns(observed: Observed): string {
  if (observed.kind === 'unobservable') return 'cannot be observed';
  if (observed.kind === 'unreachable') return `cannot be observed now: ${observed.why}`;
  if (observed.kind !== 'running') return 'runs nothing';
  const services = observed.services.map(
    (service) =>
      `${service.name} ${service.releaseLabel ?? service.imageId.slice(0, 19)} (${service.health})`,
  );
  const blind = blindPlaces(observed);
  const unknown = blind.length === 0 ? '' : `; not known is ${blindWords(blind)}`;
  return services.length === 0
    ? `cannot be observed in all: ${blindWords(blind)}`
    : `runs ${services.join(', ')}${unknown}`;
}

type Look = { readonly observed: Observed; readonly asksHealth: boolean; readonly identity: Identity };

async function look(ports: Ports, view: RunView): Promise<Look> {
  const at = ports.clock.now();
  const unknown = (why: string): Look => ({
    observed: { kind: 'unreachable', at, why },
    asksHealth: true,
    identity: { compares: 'image-id', ids: new Set() },
  });
  if (view.environment === undefined) return unknown('the run names no environment');
  try {
    const workspace = await loadWorkspace(ports, view.workspaceId);
    const environment = environmentOf(workspace, view.environment);
    return {
      observed: await observeEnvironment(ports, workspace, environment),
      asksHealth: checksOf(environment.health).length > 0,
      identity: wishedIdentity(ports, view, environment),
    };
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  }
}

function wishedIdentity(ports: Ports, view: RunView, environment: Environment): Identity {
  const { kind, config } = environment.target;
  const rules = imageRulesOf(ports.targets.get(kind), config);
  const release = view.release && ports.ledger.releases.get(view.workspaceId, view.release);
  if (release === undefined) return { compares: rules.compares, ids: new Set() };
  return identityOf(ports, release, environment.cell, rules);
}
