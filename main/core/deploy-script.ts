import type { EnvSnapshotId, ReleaseId } from '#shared/domain/ids.ts';
import { holdsAfterGoingBack, isWatch, type PlannedStep } from '#shared/domain/plan.ts';
import type { RunEventOf } from '#shared/domain/run-events.ts';
import { imageActionSchema } from './availability/action.ts';
import { applyImageStep } from './availability/apply.ts';
import { whatRuns } from './close-deploy.ts';
import type { Ports } from './context.ts';

import { type EnvContent, learnPrivateValues, readEnv, resolveEnv } from './env-snapshot.ts';
import { healthActionSchema } from './health/action.ts';
import { applyHealthStep } from './health/apply.ts';
import { observeEnvironment } from './observe-environment.ts';
import { availabilityOf, type PreparedPlan, stepsFor, wishFor } from './plan.ts';
import type { BegunStep, Io, Redactor } from './ports.ts';
import { requireRelease } from './releases.ts';
import type { RunScript, WayBack } from './run-script.ts';
import type { RunStep, StepContext } from './run-step.ts';
import { createIo, engineOf, placeOf } from './target-io.ts';

type DeployScript = Omit<RunScript, 'runId' | 'token' | 'redactor' | 'cleanUp'>;

/** A prepared plan as something to carry out, with its way back. */
export function scriptDeploy(ports: Ports, prepared: PreparedPlan, redactor: Redactor): DeployScript {
  const { plan, content, state } = prepared;
  const canGoBack = plan.onFailure === 'roll-back' && state !== undefined;
  return {
    steps: toRunSteps(ports, prepared, plan.steps, { release: plan.release.id, content }, redactor),
    ...(canGoBack
      ? {
          wayBack: (signal, begun) =>
            planWayBack(ports, prepared, state.release, state.envSnapshot, redactor, signal, begun),
        }
      : {}),
    look: async () => {
      const observed = await observeEnvironment(ports, prepared.workspace, prepared.environment);
      return { observed, words: `${prepared.environment.name} ${whatRuns(observed)}` };
    },
    succeed: (details) => ({
      summary: details.slice(-2).join(', '),
      leaves: { release: plan.release.id, envSnapshot: content.id },
      ...holdAfter(prepared),
    }),
    arrived: { release: plan.release.id, envSnapshot: content.id },
    holdAfterGoingBack: (why, fromWatch) =>
      holdsAfterGoingBack(plan, fromWatch) ? { reason: why, by: 'Gantry' } : undefined,
  };
}

/** A person who goes back does not want the release they left to return by itself or by habit. */
function holdAfter({ plan }: PreparedPlan): Pick<RunEventOf<'run-ended'>, 'hold'> {
  if (plan.request.kind !== 'rollback' || plan.previous === undefined) return {};
  return { hold: { reason: `Rolled back from ${plan.previous.id} ${plan.previous.version}` } };
}

type Carried = Pick<PreparedPlan, 'workspace' | 'environment' | 'release'>;
type Brought = { readonly release: ReleaseId; readonly content: EnvContent };

export function toRunSteps(
  ports: Ports,
  prepared: Carried,
  steps: readonly PlannedStep[],
  brought: Brought,
  redactor: Redactor,
): RunStep[] {
  const { workspace, environment } = prepared;
  const target = ports.targets.get(environment.target.kind);
  return steps.map((planned) => ({
    planned,
    ...(isWatch(planned) ? { isWatch: true } : {}),
    apply: (context) => {
      const own = imageActionSchema.safeParse(planned.action);
      if (own.success) {
        const { insecure } = workspace.config.registry;
        const remote = engineOf(ports, workspace, environment);
        return applyImageStep(ports, planned.id, own.data, insecure, context, remote);
      }
      const io = ioOf(ports, prepared, brought, redactor, context);
      const health = healthActionSchema.safeParse(planned.action);
      if (health.success) return applyHealthStep(ports, prepared, brought.content.id, health.data, io);
      return target.apply(planned, io);
    },
    ...settling(ports, prepared, planned, brought, redactor),
  }));
}

/** Of a step that the target carries out itself, where it can leave two of something. */
function settling(
  ports: Ports,
  prepared: Carried,
  planned: PlannedStep,
  brought: Brought,
  redactor: Redactor,
): Pick<RunStep, 'settle'> {
  const { settle } = ports.targets.get(prepared.environment.target.kind);
  const isOfCore = [imageActionSchema, healthActionSchema].some(
    (schema) => schema.safeParse(planned.action).success,
  );
  if (settle === undefined || isOfCore) return {};
  return { settle: (context) => settle(planned, ioOf(ports, prepared, brought, redactor, context)) };
}

/** What a process that died had begun, followed to its end by a target that can; nothing is asked for anew. */
export function toResumedStep(
  ports: Ports,
  prepared: Carried,
  begun: BegunStep,
  brought: Brought,
  redactor: Redactor,
): RunStep {
  const target = ports.targets.get(prepared.environment.target.kind);
  return {
    planned: begun.step,
    isBegun: true,
    apply(context) {
      if (target.resume === undefined) throw new Error(`${target.kind} cannot resume ${begun.step.id}`);
      return target.resume(begun, ioOf(ports, prepared, brought, redactor, context));
    },
  };
}

function ioOf(
  ports: Ports,
  { workspace, environment }: Carried,
  { release, content }: Brought,
  redactor: Redactor,
  { signal, commands }: StepContext,
): Io {
  return createIo({ ...ports, commands }, workspace, environment, signal, {
    env: () => resolveEnv(ports, content, workspace.folder, redactor),
    redactor,
    variables: { GANTRY_ENVIRONMENT: environment.name, GANTRY_RELEASE: release },
  });
}

function changedPart(begun: readonly PlannedStep[], part: string): boolean {
  return begun.some((step) => step.changes && step.part === part);
}

/** The environment as it was: the same image and the same env, planned against what runs at this moment. */
async function planWayBack(
  ports: Ports,
  prepared: PreparedPlan,
  releaseId: ReleaseId,
  snapshot: EnvSnapshotId | undefined,
  redactor: Redactor,
  signal: AbortSignal,
  begun: readonly PlannedStep[] | undefined,
): Promise<WayBack> {
  const { workspace, environment } = prepared;
  const target = ports.targets.get(environment.target.kind);
  const { config } = environment.target;
  const release = requireRelease(ports, workspace.id, releaseId);
  const content = await readEnv(ports, workspace.folder, environment.envFile, snapshot);
  learnPrivateValues(redactor, content, workspace.config.env);
  const io = createIo(ports, workspace, environment, signal);
  const seen = await target.observe(config, placeOf(workspace, environment), io);
  const availability = await availabilityOf(ports, workspace, environment, release, signal);
  const wish = wishFor(workspace, environment, release, content, availability);
  const goesBack = (part: string) => begun === undefined || changedPart(begun, part);
  const parts = target.parts?.(config).filter(goesBack);
  const planned = stepsFor(target, config, wish, seen, availability, parts)
    .filter((step) => step.part === undefined || goesBack(step.part))
    .map((step) => ({ ...step, id: `back-${step.id}` }));
  return {
    release: releaseId,
    ...(snapshot === undefined ? {} : { envSnapshot: snapshot }),
    steps: toRunSteps(ports, prepared, planned, { release: releaseId, content }, redactor),
  };
}
