import type { TargetWorld } from '#test/contract/target-world.ts';
import { createRenderWorld } from './render-world.ts';

/** Of one member: what several of them are together is tested in test/unit/targets/several.test.ts. */
export function createSeveralWorld(): TargetWorld {
  const world = createRenderWorld();
  return {
    ...world,
    config: { kind: 'several', targets: { eu: world.config } },
    blind: { kind: 'several', targets: { eu: world.blind } },
  };
}
