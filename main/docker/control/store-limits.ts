import type { BuildSpec } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import type { Connection } from '../connection.ts';
import { readCacheTarget } from './cache-options.ts';

export const containerdHint =
  'Turn on the containerd image store of the engine: "features": {"containerd-snapshotter": true} in its daemon.json, or the setting of Docker Desktop; then build again.';

/**
 * What the classic image store cannot hold. It would refuse several platforms and caches in words of its own after the
 * build, and leave attestations out without a word.
 */
export async function refuseOnClassic(
  connection: Connection,
  { platforms, provenance, sbom, cacheTo }: BuildSpec,
  signal: AbortSignal,
): Promise<void> {
  const written = cacheTo.map((text) => readCacheTarget(text).type).filter((type) => type !== 'inline');
  const wishes: readonly (readonly [boolean, string])[] = [
    [platforms.length > 1, 'several platforms in one image'],
    [provenance !== 'off', 'provenance'],
    [sbom !== false, 'an SBOM'],
    [written.length > 0, `a build cache of type=${written[0]}`],
  ];
  const missing = wishes.filter(([isWished]) => isWished).map(([, name]) => name);
  if (missing.length === 0 || (await connection.imageStore(signal)) !== 'classic') return;
  throw new GantryError(
    'engine-refused',
    `The engine's classic image store cannot take ${listed(missing)}.`,
    containerdHint,
  );
}

export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
