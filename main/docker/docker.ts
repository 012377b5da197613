import type { Engine, Registry } from '#main/core/ports.ts';
import { type EngineOptions, engineOn, openMachine } from './engine.ts';
import { createRegistry } from './registry/registry.ts';

/** The engine, and the registries that it pushes to and pulls from: both look for the same one. */
export function createDocker(options: EngineOptions): {
  readonly engine: Engine;
  readonly registry: Registry;
} {
  const machine = openMachine(options);
  const { access, credentials } = machine;
  return { engine: engineOn(machine), registry: createRegistry({ access, credentials }) };
}
