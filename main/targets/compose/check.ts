import type { Io, TargetPlace } from '#main/core/ports/target.ts';
import { type ErrorDetail, GantryError, toErrorDetail } from '#shared/domain/errors.ts';
import type { ProjectOf } from './actions.ts';
import { composeArgv, findFiles, runCompose } from './command.ts';
import { type ComposeConfig, filesOf, projectOf } from './config.ts';
import { composeFailure } from './failures.ts';
import { type FileMemory, fileKey } from './file-memory.ts';
import { filesNotThere, hostElsewhere } from './local-files.ts';
import { type ModelService, oneShotsOf, releaseServices } from './model.ts';
import { loadModel, missingOneShot, noReleaseService } from './prepare.ts';
import { rollingServices } from './rolling-model.ts';

/**
 * What is wrong with the compose files as they stand. Variables stay unresolved, because no value of the env may be
 * known here; what depends on them shows in the first step of a deploy.
 */
export async function checkFiles(
  config: ComposeConfig,
  place: TargetPlace,
  io: Io,
  memory: FileMemory,
): Promise<readonly ErrorDetail[]> {
  const files = await findFiles(io, filesOf(config));
  if (files.kind === 'missing') return [files.error];
  const of = {
    project: projectOf(config, place),
    ...(config.profiles === undefined ? {} : { profiles: config.profiles }),
  };
  try {
    const key = await fileKey(io, of, files.paths);
    const [model, names] = await Promise.all([
      loadModel(io, of, files.paths, new Map(), memory),
      memory.once(
        key,
        'names',
        () => wrongNames(io, of, files.paths),
        (wrong) => wrong.length === 0,
      ),
    ]);
    if (model.kind === 'refused') return [model.error];
    return [...names, ...wrongServices(model, config, place)];
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return [toErrorDetail(error)];
  }
}

/** Of files that `checkFiles` finds in order. */
export async function cautionsOf(
  config: ComposeConfig,
  place: TargetPlace,
  io: Io,
  memory: FileMemory,
): Promise<readonly string[]> {
  const host = hostElsewhere(io);
  if (host === undefined) return [];
  const files = await findFiles(io, filesOf(config));
  if (files.kind === 'missing') return [];
  const of = {
    project: projectOf(config, place),
    ...(config.profiles === undefined ? {} : { profiles: config.profiles }),
  };
  const model = await loadModel(io, of, files.paths, new Map(), memory);
  return model.kind === 'refused' ? [] : filesNotThere(model.json, io.folder, host);
}

/**
 * Names that lead nowhere, such as a network that is not declared: Compose looks at those only when it resolves
 * variables, and without the env whatever else it then complains of may be for want of a value.
 */
async function wrongNames(io: Io, of: ProjectOf, paths: readonly string[]): Promise<ErrorDetail[]> {
  const { exitCode, stderr } = await runCompose(io, composeArgv(of, paths, 'config', '--quiet'));
  const isAboutNames = /undefined (?:service|network|volume|config|secret)|dependency cycle/.test(stderr);
  return exitCode !== 0 && isAboutNames ? [composeFailure(stderr)] : [];
}

function wrongServices(
  { services, json }: { readonly services: readonly ModelService[]; readonly json: string },
  config: ComposeConfig,
  place: TargetPlace,
): ErrorDetail[] {
  const release = releaseServices(services, place.image, config.services);
  const notThere = missingOneShot(services, config.oneShots);
  if (notThere !== undefined) return [notThere];
  if (release.kind === 'found') {
    if (config.strategy !== 'rolling') return [];
    const rolling = rollingServices(json, release.names, oneShotsOf(services, config.oneShots));
    return rolling.kind === 'refused' ? [rolling.error] : [];
  }
  const mayDependOnEnv =
    release.kind !== 'unknown-service' && services.some((service) => service.imageHasVariables);
  return mayDependOnEnv ? [] : [noReleaseService(release, place.image, services)];
}
