import type { Ports } from '../context.ts';
import { identityOf, imageRulesOf } from '../identity.ts';
import { observeEnvironment } from '../observe-environment.ts';
import type { PreparedPlan } from '../plan.ts';
import type { Io, StepOutput } from '../ports.ts';
import { placeOf } from '../target-io.ts';
import type { HealthAction } from './action.ts';
import { checkHealth } from './check-health.ts';
import { reachOf } from './reach.ts';
import { watch } from './watch.ts';

/** A step about health that the core carries out itself. */
export function applyHealthStep(
  ports: Ports,
  { workspace, environment, release }: Pick<PreparedPlan, 'workspace' | 'environment' | 'release'>,
  envFingerprint: string,
  action: HealthAction,
  io: Io,
): AsyncIterable<StepOutput> {
  const target = ports.targets.get(environment.target.kind);
  const { config } = environment.target;
  const observe = () => observeEnvironment(ports, workspace, environment);
  const signIn = async (address: string) => (await target.signIn?.(config, address, io)) ?? {};
  switch (action.core) {
    case 'check-health':
      return checkHealth(action, {
        environment: environment.name,
        io,
        observe,
        reach: (seen) => reachOf(seen, imageRulesOf(target, config)),
        signIn,
      });
    case 'watch':
      return watch(action, {
        wish: {
          environment: environment.name,
          checks: action.checks,
          identity: identityOf(ports, release, environment.cell, imageRulesOf(target, config)),
          envFingerprint,
          failures: action.failures,
        },
        io,
        observe,
        signIn,
        lastWords: () => target.lastWords?.(config, placeOf(workspace, environment), io) ?? nothing(),
      });
  }
}

async function* nothing(): AsyncGenerator<StepOutput> {}
