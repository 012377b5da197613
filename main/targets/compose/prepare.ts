import { resolve } from 'node:path';
import type { CommandResult } from '#main/core/ports/system.ts';
import type { Io } from '#main/core/ports/target.ts';
import { type ErrorDetail, GantryError } from '#shared/domain/errors.ts';
import type { ComposeUp } from './actions.ts';
import {
  composeArgv,
  explainMissing,
  findFiles,
  isComposeMissing,
  knowsOverrideTag,
  runCompose,
} from './command.ts';
import { composeFailure } from './failures.ts';
import { type ModelService, type ReleaseServices, readModel, releaseServices } from './model.ts';
import { composeOverride, replacesEnvFiles } from './override.ts';

/** All that `docker compose` needs to be told. `override` and `env` hold values: they stay in memory. */
export type Prepared = {
  readonly kind: 'ready';
  readonly paths: readonly string[];
  readonly override: string;
  readonly env: ReadonlyMap<string, string>;
  readonly releaseServices: readonly string[];
};

export type Refused = { readonly kind: 'refused'; readonly error: ErrorDetail };

/** From the files as they are now and the env of this deploy. */
export async function prepare(up: ComposeUp, io: Io): Promise<Prepared | Refused> {
  const files = await findFiles(io, up.files);
  if (files.kind === 'missing') return { kind: 'refused', error: files.error };
  const env = await io.env();
  const model = await loadModel(io, up.project, files.paths, env);
  if (model.kind === 'refused') return model;
  const release = releaseServices(model.services, up.image, up.services);
  if (release.kind !== 'found') {
    return { kind: 'refused', error: noReleaseService(release, up.image, model.services) };
  }
  const envFiles = new Set(up.envFiles.map((file) => resolve(io.folder, file)));
  const input = {
    action: up,
    services: model.services,
    releaseServices: release.names,
    env,
    isEnvFile: (path: string) => envFiles.has(resolve(path)),
  };
  if (replacesEnvFiles(input) && !(await knowsOverrideTag(io))) return { kind: 'refused', error: tooOld };
  return {
    kind: 'ready',
    paths: files.paths,
    override: composeOverride(input),
    env,
    releaseServices: release.names,
  };
}

export type LoadedModel = { readonly kind: 'read'; readonly services: readonly ModelService[] } | Refused;

/** What the compose files say, as Compose itself reads them, but with no variable resolved. */
export async function loadModel(
  io: Io,
  project: string,
  paths: readonly string[],
  env: ReadonlyMap<string, string>,
): Promise<LoadedModel> {
  const result = await runCompose(
    io,
    composeArgv(project, paths, 'config', '--no-interpolate', '--format', 'json'),
  );
  if (result.exitCode !== 0) return { kind: 'refused', error: await explainFailure(io, result) };
  try {
    return { kind: 'read', services: readModel(result.stdout, env) };
  } catch {
    // The error would quote the file, and whatever secret stands in it.
    return { kind: 'refused', error: unknownModel };
  }
}

/**
 * Why a `docker compose` command failed. Throws where that says nothing about the deploy: without Compose, or with an
 * engine that does not answer.
 */
export async function explainFailure(io: Io, { stdout, stderr }: CommandResult): Promise<ErrorDetail> {
  if (isComposeMissing(stderr)) throw await explainMissing(io);
  const error = composeFailure(`${stdout}\n${stderr}`);
  if (error.code === 'engine-unreachable') throw new GantryError(error.code, error.message, error.hint);
  return error;
}

export function noReleaseService(
  release: Exclude<ReleaseServices, { kind: 'found' }>,
  image: string,
  services: readonly ModelService[],
): ErrorDetail {
  const names = services.map((service) => service.name).join(', ') || 'none';
  const code = 'compose-invalid';
  switch (release.kind) {
    case 'none':
      return {
        code,
        message: `No service of the compose file runs ${image} (services: ${names}).`,
        hint: `Give one "image: ${image}" or "build:", or name it under target.services in gantry.yml.`,
      };
    case 'ambiguous':
      return {
        code,
        message: `The compose file builds several different images: ${release.names.join(', ')}.`,
        hint: `Give those that run the release "image: ${image}", or name them under target.services in gantry.yml.`,
      };
    case 'unknown-service':
      return {
        code,
        message: `The compose file has no service ${release.name} (services: ${names}).`,
        hint: 'Mend target.services in gantry.yml.',
      };
  }
}

const unknownModel: ErrorDetail = {
  code: 'compose-missing',
  message: 'This Compose describes its files in a way that Gantry does not know.',
  hint: 'Install Docker Compose 2.24.4 or newer.',
};

const tooOld: ErrorDetail = {
  code: 'compose-missing',
  message: 'This Compose cannot replace the env_file of a service.',
  hint: 'Install Docker Compose 2.24.4 or newer, or remove the workspace’s env file from `env_file`: Gantry sets its values itself.',
};
