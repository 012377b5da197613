import { resolve } from 'node:path';
import type { Io, StepOutput } from '#main/core/ports/target.ts';
import { type ErrorDetail, GantryError } from '#shared/domain/errors.ts';
import { commandLines } from '../command-lines.ts';
import type { StartAction } from './actions.ts';
import {
  composeArgv,
  composeEnvironment,
  explainMissing,
  findFiles,
  isComposeMissing,
  isReserved,
  knowsOverrideTag,
  runCompose,
} from './command.ts';
import { composeFailure } from './failures.ts';
import { type ModelService, type ReleaseServices, readModel, releaseServices } from './model.ts';
import { composeOverride, replacesEnvFiles } from './override.ts';

/** `docker compose up` with the override on stdin. */
export async function* startServices(action: StartAction, io: Io): AsyncGenerator<StepOutput> {
  const files = await findFiles(io, action.files);
  if (files.kind === 'missing') return yield failed(files.error);
  const env = await io.env();
  const model = await loadModel(io, action.project, files.paths, env);
  if (model.kind === 'invalid') return yield failed(model.error);
  const release = releaseServices(model.services, action.image, action.services);
  if (release.kind !== 'found') return yield failed(noReleaseService(release, action, model.services));

  const envFiles = new Set(action.envFiles.map((file) => resolve(io.folder, file)));
  const input = {
    action,
    services: model.services,
    releaseServices: release.names,
    env,
    isEnvFile: (path: string) => envFiles.has(resolve(path)),
  };
  if (replacesEnvFiles(input) && !(await knowsOverrideTag(io))) return yield failed(tooOld);
  // By id, so that the release's own tag is right even where somebody moved or removed it.
  await io.engine.tag(action.imageId, action.ref, io.signal);
  yield* notes(env);
  const argv = composeArgv(
    action.project,
    [...files.paths, '-'],
    'up',
    '--detach',
    '--no-build',
    '--remove-orphans',
  );
  yield* up(io, argv, composeOverride(input), env, release.names);
}

async function* up(
  io: Io,
  argv: [string, ...string[]],
  stdin: string,
  env: ReadonlyMap<string, string>,
  services: readonly string[],
): AsyncGenerator<StepOutput> {
  const lines = commandLines(io.commands, {
    argv,
    cwd: io.folder,
    env: composeEnvironment(io.engine.cliEnvironment(), env),
    stdin,
    signal: io.signal,
  });
  for (;;) {
    const next = await lines.next();
    if (next.done !== true) {
      // Compose writes its progress to stderr: nothing is wrong with it.
      const text = next.value.text.trim();
      if (text !== '') yield { kind: 'line', source: 'compose', level: 'out', text };
      continue;
    }
    const { exitCode, stderr, stdout } = next.value;
    if (exitCode === 0) return yield ended(`${services.join(', ')} started`);
    const error = composeFailure(`${stdout}\n${stderr}`);
    if (error.code === 'engine-unreachable') throw new GantryError(error.code, error.message, error.hint);
    return yield failed(error);
  }
}

export type LoadedModel =
  | { readonly kind: 'read'; readonly services: readonly ModelService[] }
  | { readonly kind: 'invalid'; readonly error: ErrorDetail };

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
  if (result.exitCode === 0) return parseModel(result.stdout, env);
  if (isComposeMissing(result.stderr)) throw await explainMissing(io);
  const error = composeFailure(result.stderr);
  return {
    kind: 'invalid',
    error: { ...error, code: error.code === 'target-refused' ? 'compose-invalid' : error.code },
  };
}

function parseModel(json: string, env: ReadonlyMap<string, string>): LoadedModel {
  try {
    return { kind: 'read', services: readModel(json, env) };
  } catch {
    // The error would quote the file, and whatever secret stands in it.
    return { kind: 'invalid', error: unknownModel };
  }
}

const unknownModel: ErrorDetail = {
  code: 'compose-missing',
  message: 'This Compose describes its files in a way that Gantry does not know.',
  hint: 'Install Docker Compose 2.24.4 or newer.',
};

export function noReleaseService(
  release: Exclude<ReleaseServices, { kind: 'found' }>,
  { image }: Pick<StartAction, 'image'>,
  services: readonly ModelService[],
): ErrorDetail {
  const names = services.map((service) => service.name).join(', ') || 'none';
  return release.kind === 'none'
    ? {
        code: 'compose-invalid',
        message: `No service of the compose file runs ${image} (services: ${names}).`,
        hint: `Give one "image: ${image}" or "build:", or name it under target.services in gantry.yml.`,
      }
    : {
        code: 'compose-invalid',
        message: `The compose file has no service ${release.name} (services: ${names}).`,
        hint: 'Mend target.services in gantry.yml.',
      };
}

const tooOld: ErrorDetail = {
  code: 'compose-missing',
  message: 'This Compose cannot replace the env_file of a service.',
  hint: 'Install Docker Compose 2.24.4 or newer, or remove the workspace’s env file from `env_file`: Gantry sets its values itself.',
};

function* notes(env: ReadonlyMap<string, string>): Generator<StepOutput> {
  const names = [...env.keys()].filter(isReserved);
  if (names.length === 0) return;
  const text = `${names.join(', ')}: set in the containers, but not used for \${…} in the compose file, because they steer docker itself`;
  yield { kind: 'line', source: 'compose', level: 'note', text };
}

function ended(detail: string): StepOutput {
  return { kind: 'end', outcome: 'succeeded', detail };
}

function failed(error: ErrorDetail): StepOutput {
  return { kind: 'end', outcome: 'failed', detail: error.message, error };
}
