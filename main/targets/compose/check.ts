import type { Io, TargetPlace } from '#main/core/ports/target.ts';
import { type ErrorDetail, GantryError, toErrorDetail } from '#shared/domain/errors.ts';
import { findFiles } from './command.ts';
import { type ComposeConfig, filesOf, projectOf } from './config.ts';
import { releaseServices } from './model.ts';
import { loadModel, noReleaseService } from './start.ts';

/**
 * What is wrong with the compose files as they stand. Variables stay unresolved, because no value of the env may be
 * known here; what depends on them shows when services are started.
 */
export async function checkFiles(
  config: ComposeConfig,
  place: TargetPlace,
  io: Io,
): Promise<readonly ErrorDetail[]> {
  const files = await findFiles(io, filesOf(config));
  if (files.kind === 'missing') return [files.error];
  try {
    const model = await loadModel(io, projectOf(config, place), files.paths, new Map());
    if (model.kind === 'invalid') return [model.error];
    const release = releaseServices(model.services, place.image, config.services);
    if (release.kind === 'found') return [];
    const mayDependOnEnv =
      release.kind === 'none' && model.services.some((service) => service.imageHasVariables);
    return mayDependOnEnv ? [] : [noReleaseService(release, place, model.services)];
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return [toErrorDetail(error)];
  }
}
