import { isWatch, type PlannedStep } from '#shared/domain/plan.ts';
import type { RecordedEvent } from '#shared/domain/run-events.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { imageActionSchema } from './availability/action.ts';
import type { Ports } from './context.ts';
import { toResumedStep, toRunSteps } from './deploy-script.ts';
import { type EnvContent, learnPrivateValues, loadEnvSnapshot } from './env-snapshot.ts';
import { healthActionSchema } from './health/action.ts';
import { environmentOf, loadWorkspace } from './open-workspace.ts';
import type { Redactor } from './ports.ts';
import { requireRelease } from './releases.ts';
import type { RunStep } from './run-step.ts';

/** Even of a step whose time is over somebody is asked once more. */
const leastMs = 15_000;

/** What is left to follow of a run whose process died, in a place where work goes on without us. */
export type Reattachment = { readonly steps: readonly RunStep[] };

/**
 * The step that was under way, and after it those that only look: asking what is true, and never carrying on.
 * `undefined` where looking at the environment tells all.
 */
export async function findReattachment(
  ports: Ports,
  view: RunView,
  redactor: Redactor,
): Promise<Reattachment | undefined> {
  const { environment: name, release: id, envSnapshot } = view;
  if (name === undefined || id === undefined || envSnapshot === undefined) return undefined;
  if (!view.steps.some((step) => step.changes && step.startedAt !== undefined)) return undefined;
  try {
    const workspace = await loadWorkspace(ports, view.workspaceId);
    const environment = environmentOf(workspace, name);
    if (ports.targets.get(environment.target.kind).resume === undefined) return undefined;
    const release = requireRelease(ports, view.workspaceId, id);
    const content: EnvContent = loadEnvSnapshot(ports, envSnapshot);
    learnPrivateValues(redactor, content, workspace.config.env);
    const carried = { workspace, environment, release };
    const brought = { release: release.id, content };
    const planned = plannedSteps(ports.ledger.runs.events(view.id));
    const running = view.steps.find((step) => step.state === 'running');
    const begun = planned.find((step) => step.id === running?.id);
    const isOwn = begun !== undefined && isOfCore(begun);
    const steps =
      begun === undefined || running === undefined || isOwn
        ? []
        : [
            toResumedStep(
              ports,
              carried,
              {
                step: { ...begun, timeoutMs: restOf(begun, running.startedAt ?? 0, ports.clock.now()) },
                ...(running.handle === undefined ? {} : { handle: running.handle }),
                startedAt: running.startedAt ?? 0,
              },
              brought,
              redactor,
            ),
          ];
    if (running !== undefined && steps.length === 0) return undefined;
    const looks = toRunSteps(ports, carried, looksAfter(view, planned), brought, redactor);
    return steps.length + looks.length === 0 ? undefined : { steps: [...steps, ...looks] };
  } catch {
    // Without the workspace, its release or env nobody can be asked; closing says what is unknown.
    return undefined;
  }
}

function isOfCore({ action }: PlannedStep): boolean {
  return imageActionSchema.safeParse(action).success || healthActionSchema.safeParse(action).success;
}

function plannedSteps(events: readonly RecordedEvent[]): readonly PlannedStep[] {
  return events.flatMap(({ event }) =>
    event.kind === 'run-requested' || event.kind === 'rollback-started' ? event.steps : [],
  );
}

/** A clock that was set must not make it longer than it was. */
function restOf({ timeoutMs }: PlannedStep, startedAt: number, now: number): number {
  const passed = Math.max(0, now - startedAt);
  return Math.min(timeoutMs, Math.max(leastMs, timeoutMs - passed));
}

/** Those that follow at once and change nothing. Of a run that was going back nothing more is to be proved. */
function looksAfter(view: RunView, planned: readonly PlannedStep[]): readonly PlannedStep[] {
  if (view.rollbackReason !== undefined || view.isCancelRequested) return [];
  const next = view.steps.findIndex((step) => step.state === 'not-yet');
  if (next < 0) return [];
  const rest = view.steps.slice(next);
  const stop = rest.findIndex((step) => step.changes || !step.repeatable || isWatch(step));
  const ids = new Set((stop < 0 ? rest : rest.slice(0, stop)).map((step) => step.id));
  return planned.filter((step) => ids.has(step.id));
}
