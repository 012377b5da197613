import { spanText } from '#shared/domain/duration.ts';
import {
  checksOf,
  type HealthCheck,
  needsReach,
  ofEach,
  rulesOf,
  watchOf,
  wishOf,
} from '#shared/domain/health.ts';
import type { HealthConfig } from '#shared/domain/health-config.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { PlannedStep, PlanRequest } from '#shared/domain/plan.ts';
import type { Target } from '../ports.ts';
import type { HealthAction } from './action.ts';

export const healthCheckId = 'check-health';

/** The last look may take its time. */
const graceMs = 60_000;

type Step = Omit<PlannedStep, 'action'> & { readonly action: HealthAction };

/** After those of a target that does not ask for itself. */
export function planHealthCheck(
  health: HealthConfig,
  target: Pick<Target, 'checksHealth' | 'ownTag'>,
  parts?: readonly string[],
): readonly PlannedStep[] {
  const checks = checksFor(health, target, parts);
  if (target.checksHealth === true || checks.length === 0) return [];
  const step: Step = {
    id: healthCheckId,
    title: 'Check health',
    detail: checks.map(wishOf).join(' and '),
    action: { core: 'check-health', checks: [...checks], rules: rulesOf(health) },
    repeatable: true,
    changes: false,
    timeoutMs: health.deadline + graceMs,
  };
  return [step];
}

/** An environment that is a name in a registry serves nowhere: only what has an address of its own can be asked. */
function checksFor(
  health: HealthConfig,
  { ownTag }: Pick<Target, 'ownTag'>,
  parts?: readonly string[],
): readonly HealthCheck[] {
  const checks = checksOf(health).flatMap((check) => ofEach(check, parts));
  return ownTag === undefined ? checks : checks.filter((check) => !needsReach(check));
}

/** Last of all. Whoever goes back wants to be there, on what was proved before: nothing is watched after that. */
export function planWatch(
  health: HealthConfig,
  target: Pick<Target, 'ownTag'>,
  kind: PlanRequest['kind'],
  seen: Observed,
  parts?: readonly string[],
): readonly PlannedStep[] {
  const watch = watchOf(health);
  const checks = checksFor(health, target, parts);
  const isBlind = seen.kind === 'unobservable' && checks.length === 0;
  if (watch === undefined || kind === 'rollback' || isBlind) return [];
  const asked = [
    ...(seen.kind === 'unobservable' ? [] : ['what runs stays and is healthy']),
    ...checks.map(wishOf),
  ];
  const step: Step = {
    id: 'watch',
    title: 'Watch',
    detail: `for ${spanText(watch.forMs)}: ${asked.join(', ')}`,
    action: { core: 'watch', checks: [...checks], ...watch },
    repeatable: true,
    changes: false,
    timeoutMs: watch.forMs + graceMs,
    lastsMs: watch.forMs,
  };
  return [step];
}
