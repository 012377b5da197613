import type { EnvSnapshotId, ReleaseId } from '#shared/domain/ids.ts';
import type { PlannedStep } from '#shared/domain/plan.ts';
import type { RunEventOf } from '#shared/domain/run-events.ts';
import { imageActionSchema } from './availability/action.ts';
import { applyImageStep } from './availability/apply.ts';
import type { Ports } from './context.ts';
import {
  type EnvContent,
  learnPrivateValues,
  loadEnvSnapshot,
  readEnvFile,
  resolveEnv,
} from './env-snapshot.ts';
import { availabilityOf, type PreparedPlan, wishFor } from './plan.ts';
import type { Redactor } from './ports.ts';
import { requireRelease } from './releases.ts';
import type { RunScript, WayBack } from './run-engine.ts';
import type { RunStep } from './run-step.ts';
import { createIo, placeOf } from './target-io.ts';

type DeployScript = Pick<RunScript, 'steps' | 'wayBack' | 'succeed'>;

/** A prepared plan as something to carry out, with its way back. */
export function scriptDeploy(ports: Ports, prepared: PreparedPlan, redactor: Redactor): DeployScript {
  const { plan, content, state } = prepared;
  const canGoBack = plan.onFailure === 'roll-back' && state !== undefined;
  return {
    steps: toRunSteps(ports, prepared, plan.steps, content, redactor),
    ...(canGoBack
      ? {
          wayBack: (signal) =>
            planWayBack(ports, prepared, state.release, state.envSnapshot, redactor, signal),
        }
      : {}),
    succeed: (details) => ({
      summary: details.slice(-2).join(', '),
      leaves: { release: plan.release.id, envSnapshot: content.id },
      ...holdAfter(prepared),
    }),
  };
}

/** A person who goes back does not want the release they left to return by itself or by habit. */
function holdAfter({ plan }: PreparedPlan): Pick<RunEventOf<'run-ended'>, 'hold'> {
  if (plan.request.kind !== 'rollback' || plan.previous === undefined) return {};
  return { hold: { reason: `Rolled back from ${plan.previous.id} ${plan.previous.version}` } };
}

function toRunSteps(
  ports: Ports,
  { workspace, environment }: PreparedPlan,
  steps: readonly PlannedStep[],
  content: EnvContent,
  redactor: Redactor,
): RunStep[] {
  const target = ports.targets.get(environment.target.kind);
  return steps.map((planned) => ({
    planned,
    apply: (context) => {
      const own = imageActionSchema.safeParse(planned.action);
      if (own.success) {
        return applyImageStep(ports, planned.id, own.data, workspace.config.registry.insecure, context);
      }
      const { signal, commands } = context;
      const env = () => resolveEnv(ports, content, workspace.folder, redactor);
      const io = createIo({ ...ports, commands }, workspace, environment, signal, { env, redactor });
      return target.apply(planned, io);
    },
  }));
}

/** The environment as it was: the same image and the same env, planned against what runs at this moment. */
async function planWayBack(
  ports: Ports,
  prepared: PreparedPlan,
  releaseId: ReleaseId,
  snapshot: EnvSnapshotId | undefined,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<WayBack> {
  const { workspace, environment } = prepared;
  const target = ports.targets.get(environment.target.kind);
  const { config } = environment.target;
  const release = requireRelease(ports, workspace.id, releaseId);
  const content =
    snapshot === undefined
      ? await readEnvFile(ports, workspace.folder, environment.envFile)
      : loadEnvSnapshot(ports, snapshot);
  learnPrivateValues(redactor, content, workspace.config.env);
  const io = createIo(ports, workspace, environment, signal);
  const seen = await target.observe(config, placeOf(workspace, environment), io);
  const availability = await availabilityOf(ports, workspace, environment, release, signal);
  const wish = wishFor(workspace, environment, release, content, availability);
  const planned = [...availability.before, ...target.plan(wish, seen, config), ...availability.after].map(
    (step) => ({ ...step, id: `back-${step.id}` }),
  );
  return {
    release: releaseId,
    ...(snapshot === undefined ? {} : { envSnapshot: snapshot }),
    steps: toRunSteps(ports, prepared, planned, content, redactor),
  };
}
