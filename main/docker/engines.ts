import type { Engine, Engines, RemoteEngine } from '#main/core/ports.ts';
import { type EnginePlace, enginePlaceName } from '#shared/domain/engine-place.ts';
import { cliEnvironment } from './cli-environment.ts';
import { type DockerMachine, engineOn } from './engine.ts';
import { createEngineAccess, type EngineAccess } from './engine-access.ts';
import { noEngine } from './failures.ts';
import { findPlace } from './find-engine.ts';
import { createRegistry } from './registry/registry.ts';

/** Engines that gantry.yml names, beside the one of `machine`. None is connected to before it is asked something. */
export function createEngines(machine: DockerMachine): Engines {
  const open = new Map<string, { readonly remote: RemoteEngine; readonly access: EngineAccess }>();
  return {
    at(place, folder) {
      const key = JSON.stringify([place, folder]);
      const known = open.get(key);
      if (known !== undefined) return known.remote;
      const opened = openPlace(machine, place, folder);
      open.set(key, opened);
      return opened.remote;
    },
    dispose() {
      for (const { access } of open.values()) access.dispose();
      open.clear();
      machine.access.dispose();
    },
  };
}

function openPlace(machine: DockerMachine, place: EnginePlace, folder: string) {
  const { facts, credentials, now } = machine;
  const find = () => findPlace(facts, place, folder);
  const access = createEngineAccess(find, facts.env);
  const engine: Engine = {
    ...engineOn({ ...machine, access }),
    cliEnvironment() {
      const { engines, notes, hint } = find();
      // Told no engine, the docker command would take another one.
      if (engines[0] === undefined) throw noEngine(notes, hint);
      return cliEnvironment(facts, engines[0]);
    },
  };
  const registry = createRegistry({ access, credentials });
  const between = { from: machine.access, to: access, now };
  const carry = () => import('./carry/carry-image.ts');
  const remote: RemoteEngine = {
    name: enginePlaceName(place),
    engine,
    registry,
    canPull: async (ref, signal) =>
      (await import('./carry/can-pull.ts')).canPull(access, credentials, ref, signal),
    missing: async (imageId, ref, signal) => (await carry()).missingLayers(between, imageId, ref, signal),
    load: async (imageId, ref, transfer) => (await carry()).carryImage(between, imageId, ref, transfer),
  };
  return { remote, access };
}
