import type { Swarm, SwarmService } from '#main/core/ports/swarm.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { flatSettings } from './settings.ts';

const mostTries = 5;

/**
 * Changes a service that may become another version meanwhile because the swarm itself notes how its update goes. What
 * somebody else changed is not overwritten.
 */
export async function onItsVersion<T>(
  swarm: Swarm,
  seen: SwarmService,
  signal: AbortSignal,
  change: (at: SwarmService) => Promise<T>,
): Promise<T> {
  for (let at = seen, tries = 1; ; tries++) {
    try {
      return await change(at);
    } catch (error) {
      if (!(error instanceof GantryError) || error.code !== 'engine-refused' || tries === mostTries)
        throw error;
      const now = await swarm.service(seen.name, signal);
      if (now === undefined || now.version === at.version || !isSame(now, seen)) throw error;
      at = now;
    }
  }
}

function isSame(a: SwarmService, b: SwarmService): boolean {
  const facts = ({ id, image, labels, taskLabels, ...settings }: SwarmService) =>
    [id, image, sortedText(labels), sortedText(taskLabels), sortedText(flatSettings(settings))].join();
  return facts(a) === facts(b);
}

function sortedText(record: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(record).sort());
}
