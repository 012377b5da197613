import { GantryError } from '#shared/domain/errors.ts';
import { buildBaseImage } from './base-image.ts';
import { type Engine, type ProvisionOptions, provisionEngine } from './engine.ts';
import { whyNotProvisionable } from './machine.ts';
import { definedOnly, findEngine } from './reachable.ts';

export type StartOptions = ProvisionOptions & {
  /** Tests want one of their own where that is possible; the demo prefers the engine that a person has. */
  readonly prefer?: 'own' | 'reachable';
};

/** An engine to work on, with the base image on it: a private one on Debian or Ubuntu as root, else the person's. */
export async function startEngine(options: StartOptions = {}): Promise<Engine> {
  const obstacle = whyNotProvisionable();
  const prefersOwn = (options.prefer ?? 'own') === 'own';
  if (prefersOwn && obstacle === undefined) return provisionEngine(options);
  const sought = await findEngine();
  if ('engine' in sought) {
    await buildBaseImage({
      docker: sought.engine.dockerBin,
      env: { ...definedOnly(process.env), ...sought.engine.env },
    });
    return sought.engine;
  }
  if (obstacle === undefined) return provisionEngine(options);
  throw new GantryError(
    'engine-unreachable',
    `There is no Docker engine to work on, and a private one cannot be provisioned, because ${obstacle}.`,
    sought.reason,
  );
}
