import type { Target, Targets } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { cloudRunTarget } from './cloud-run/index.ts';
import { commandTarget } from './command/index.ts';
import { createComposeTarget } from './compose/index.ts';
import { registryTarget } from './registry/index.ts';
import { renderTarget } from './render/index.ts';
import { createSeveralTarget } from './several/index.ts';
import { swarmTarget } from './swarm/index.ts';
import { webhookTarget } from './webhook/index.ts';

/** Every kind of place there is; what some remember from step to step is of these alone. */
export function createTargets(): Targets {
  // A new target is one more line here.
  const places: readonly Target[] = [
    createComposeTarget(),
    registryTarget,
    renderTarget,
    cloudRunTarget,
    swarmTarget,
    webhookTarget,
    commandTarget,
  ];
  // A tag in a registry is one name for all, and so nothing to have several of.
  const several = createSeveralTarget(places.filter((target) => target !== registryTarget));
  const targets = [...places, several];
  return {
    list: () => targets,
    get(kind) {
      const found = targets.find((target) => target.kind === kind);
      if (found !== undefined) return found;
      throw new GantryError(
        'config-invalid',
        `There is no target "${kind}".`,
        `Known targets: ${targets.map((target) => target.kind).join(', ')}.`,
      );
    },
  };
}
