import type { Engine, Engines, Registry } from '#main/core/ports.ts';
import { type EngineOptions, engineOn, openMachine } from './engine.ts';
import { createEngines } from './engines.ts';
import { createRegistry } from './registry/registry.ts';

/**
 * The engine, and the registries that it pushes to and pulls from: both look for the same one. And the engines that
 * environments name beside it.
 */
export function createDocker(options: EngineOptions): {
  readonly engine: Engine;
  readonly engines: Engines;
  readonly registry: Registry;
} {
  const machine = openMachine(options);
  const { access, credentials } = machine;
  return {
    engine: engineOn(machine),
    engines: createEngines(machine),
    registry: createRegistry({ access, credentials }),
  };
}
