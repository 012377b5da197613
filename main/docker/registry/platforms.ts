import { readBlob } from './blobs.ts';
import { configLimit, isAttestation, type Manifest, platformOfConfig, platformText } from './manifest.ts';
import type { RemoteRepository } from './repository.ts';

/** Of what runs; in the manifest's order. */
export async function platformsOf(
  repository: RemoteRepository,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (manifest.kind === 'index') {
    const children = manifest.children.filter((child) => !isAttestation(child));
    return children.flatMap(({ platform }) => (platform ? [platformText(platform)] : []));
  }
  const config = await readBlob(repository, manifest.config, configLimit, signal);
  const platform = platformOfConfig(config);
  return platform === undefined ? [] : [platform];
}
