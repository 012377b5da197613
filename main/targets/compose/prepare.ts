import { relative, resolve } from 'node:path';
import type { CommandResult } from '#main/core/ports/system.ts';
import type { Io } from '#main/core/ports/target.ts';
import { type ErrorDetail, GantryError } from '#shared/domain/errors.ts';
import type { ComposeUp, ProjectOf } from './actions.ts';
import {
  composeArgv,
  composeEnvironment,
  explainMissing,
  findFiles,
  isComposeMissing,
  knowsOverrideTag,
  runCompose,
} from './command.ts';
import type { DeployMemory, Facts } from './deploy-memory.ts';
import { composeFailure } from './failures.ts';
import { type FileKey, type FileMemory, fileKey } from './file-memory.ts';
import { type ModelService, oneShotsOf, type ReleaseServices, readModel, releaseServices } from './model.ts';
import { composeOverride, type OverrideInput, replacesEnvFiles } from './override.ts';
import type { Refused } from './refused.ts';
import { type RollingService, rollingServices } from './rolling-model.ts';

/** All that `docker compose` needs to be told. `override` and `env` hold values: they stay in memory. */
export type Prepared = {
  readonly kind: 'ready';
  readonly paths: readonly string[];
  readonly override: string;
  readonly env: ReadonlyMap<string, string>;
  readonly releaseServices: readonly string[];
  readonly services: readonly ModelService[];
  readonly oneShots: readonly string[];
  /** Empty unless the deploy is rolling. */
  readonly rolling: readonly RollingService[];
};

/** From the files as they are now and the env of this deploy, with every variable resolved once, which may refuse. */
export async function prepare(up: ComposeUp, io: Io, memory: DeployMemory): Promise<Prepared | Refused> {
  const files = await findFiles(io, up.files);
  if (files.kind === 'missing') return { kind: 'refused', error: files.error };
  const env = await io.env();
  const model = await loadModel(io, up, files.paths, env, memory.files);
  if (model.kind === 'refused') return model;
  const release = releaseServices(model.services, up.image, up.services);
  if (release.kind !== 'found') {
    return { kind: 'refused', error: noReleaseService(release, up.image, model.services) };
  }
  const noOneShot = missingOneShot(model.services, up.oneShots);
  if (noOneShot !== undefined) return { kind: 'refused', error: noOneShot };
  const plain: Facts = {
    paths: files.paths,
    services: await withLaterKeys(model.services, up, io),
    releaseServices: release.names,
    oneShots: oneShotsOf(model.services, up.oneShots),
    rolling: [],
  };
  const input = overrideInput(up, io, plain, env);
  if (replacesEnvFiles(input) && !(await knowsOverrideTag(io))) return { kind: 'refused', error: tooOld };
  const resolved = await memory.files.once(
    await verdictKey(up, io, plain, input),
    `resolved ${up.envFingerprint} ${up.envFiles.join()}`,
    () => resolveModel(up, io, plain, composeOverride(input), env),
    ({ kind }) => kind === 'resolved',
  );
  if (resolved.kind === 'refused') return resolved;
  const { rolling, active } = resolved;
  // Compose starts whatever is named, also of a profile that is not active.
  const services = plain.services.filter(({ name }) => active?.includes(name) !== false);
  const facts = { ...plain, services, rolling };
  memory.remember(up, io.folder, facts);
  return ready(up, io, facts, env);
}

/** A service's later env file wins over an earlier one, also where the earlier is replaced by the env of the deploy. */
async function withLaterKeys(
  services: readonly ModelService[],
  up: ComposeUp,
  io: Io,
): Promise<readonly ModelService[]> {
  const isOurs = isEnvFileOf(up, io);
  return Promise.all(
    services.map(async (service) => {
      const last = service.envFiles.findLastIndex(({ path }) => isOurs(path));
      if (last < 0) return service;
      const later = service.envFiles.slice(last + 1);
      const texts = await Promise.all(later.map(({ path }) => io.files.readText(path)));
      const keys = texts.flatMap((text = '') =>
        [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*[=:]/gm)].map(([, key = '']) => key),
      );
      return { ...service, ownEnvKeys: [...service.ownEnvKeys, ...keys] };
    }),
  );
}

function isEnvFileOf({ envFiles }: ComposeUp, { folder }: Io): (path: string) => boolean {
  const all = new Set(envFiles.map((file) => resolve(folder, file)));
  return (path) => all.has(resolve(path));
}

/** Env files that Compose reads as they are on the disk: of no plan, and not restored by going back. */
export function envFilesOnDisk(
  up: ComposeUp,
  io: Io,
  { services, releaseServices }: Facts,
): readonly string[] {
  const isOurs = isEnvFileOf(up, io);
  return services
    .filter(({ name }) => releaseServices.includes(name))
    .flatMap(({ name, envFiles }) =>
      envFiles.filter(({ path }) => !isOurs(path)).map(({ path }) => `${name}: ${relative(io.folder, path)}`),
    );
}

/**
 * Whether a deploy of another release with the same files and the same env was found to be in order, which holds for this
 * one too: the release is only a name in the override. Not where other env files have their say, nor where more than
 * the verdict is wanted.
 */
async function verdictKey(
  up: ComposeUp,
  io: Io,
  { paths }: Facts,
  { services, isEnvFile }: OverrideInput,
): Promise<FileKey | undefined> {
  const readsOthers = services.some(({ envFiles }) => envFiles.some(({ path }) => !isEnvFile(path)));
  return up.isRolling === true || readsOthers ? undefined : fileKey(io, up, paths);
}

/** As an earlier step of the same deploy prepared it; in another process, from the files once more. */
export async function prepared(up: ComposeUp, io: Io, memory: DeployMemory): Promise<Prepared | Refused> {
  const facts = memory.recall(up, io.folder)?.facts;
  return facts === undefined ? prepare(up, io, memory) : ready(up, io, facts, await io.env());
}

function ready(up: ComposeUp, io: Io, facts: Facts, env: ReadonlyMap<string, string>): Prepared {
  return { kind: 'ready', ...facts, env, override: composeOverride(overrideInput(up, io, facts, env)) };
}

function overrideInput(up: ComposeUp, io: Io, facts: Facts, env: ReadonlyMap<string, string>): OverrideInput {
  return {
    action: up,
    services: facts.services,
    releaseServices: facts.releaseServices,
    oneShots: facts.oneShots,
    specs: new Map(facts.rolling.map(({ name, spec }) => [name, spec])),
    env,
    isEnvFile: isEnvFileOf(up, io),
  };
}

type Resolved = {
  readonly kind: 'resolved';
  readonly rolling: readonly RollingService[];
  /** Absent where nobody asked. */
  readonly active?: readonly string[];
};

/** The files as Compose will read them, with the override and every variable resolved. */
async function resolveModel(
  up: ComposeUp,
  io: Io,
  { paths, releaseServices, oneShots }: Facts,
  override: string,
  env: ReadonlyMap<string, string>,
): Promise<Resolved | Refused> {
  const how = up.isRolling === true ? ['--format', 'json'] : ['--quiet'];
  const result = await io.commands.run({
    argv: composeArgv(up, [...paths, '-'], 'config', ...how),
    cwd: io.folder,
    env: composeEnvironment(io.engine.cliEnvironment(), env),
    stdin: override,
    signal: io.signal,
  });
  if (result.exitCode !== 0) return { kind: 'refused', error: await explainFailure(io, result) };
  if (up.isRolling !== true) return { kind: 'resolved', rolling: [] };
  try {
    const rolling = rollingServices(result.stdout, releaseServices, oneShots);
    if (rolling.kind === 'refused') return rolling;
    return { kind: 'resolved', rolling: rolling.services, active: rolling.active };
  } catch {
    // The error would quote values.
    return { kind: 'refused', error: unknownModel };
  }
}

export type LoadedModel =
  | { readonly kind: 'read'; readonly services: readonly ModelService[]; readonly json: string }
  | Refused;

/** What the compose files say, as Compose itself reads them, but with no variable resolved. */
export async function loadModel(
  io: Io,
  of: ProjectOf,
  paths: readonly string[],
  env: ReadonlyMap<string, string>,
  memory: FileMemory,
): Promise<LoadedModel> {
  const result = await memory.once(
    await fileKey(io, of, paths),
    'model',
    () => runCompose(io, composeArgv(of, paths, 'config', '--no-interpolate', '--format', 'json')),
    ({ exitCode }) => exitCode === 0,
  );
  if (result.exitCode !== 0) return { kind: 'refused', error: await explainFailure(io, result) };
  try {
    return { kind: 'read', services: readModel(result.stdout, env), json: result.stdout };
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

/** Under target.oneShots, but not in the compose file. */
export function missingOneShot(
  services: readonly ModelService[],
  named: readonly string[] = [],
): ErrorDetail | undefined {
  const unknown = named.find((name) => !services.some((service) => service.name === name));
  if (unknown === undefined) return undefined;
  return {
    code: 'compose-invalid',
    message: `The compose file has no service ${unknown} (services: ${namesOf(services)}).`,
    hint: 'Mend target.oneShots in gantry.yml; a service with `profiles` needs one of them under target.profiles.',
  };
}

function namesOf(services: readonly ModelService[]): string {
  return services.map((service) => service.name).join(', ') || 'none';
}

export function noReleaseService(
  release: Exclude<ReleaseServices, { kind: 'found' }>,
  image: string,
  services: readonly ModelService[],
): ErrorDetail {
  const names = namesOf(services);
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
        hint: 'Mend target.services in gantry.yml; a service with `profiles` needs one of them under target.profiles.',
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
