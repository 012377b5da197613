import { devNull } from 'node:os';
import { dirname, join } from 'node:path';
import type { CommandResult } from '#main/core/ports/system.ts';
import type { Io } from '#main/core/ports/target.ts';
import { type ErrorDetail, GantryError } from '#shared/domain/errors.ts';

// Compose's own order of preference.
const defaultFiles = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

export type ComposeFiles =
  | { readonly kind: 'found'; readonly paths: readonly string[] }
  | { readonly kind: 'missing'; readonly error: ErrorDetail };

/** Absolute paths of the compose files; the first of the default names when none is given. */
export async function findFiles(io: Io, files: readonly string[]): Promise<ComposeFiles> {
  const candidates = files.length > 0 ? files : defaultFiles;
  const paths = candidates.map((file) => join(io.folder, file));
  const present = await Promise.all(paths.map((path) => io.files.exists(path)));
  if (files.length > 0) {
    const missing = files.find((_, index) => present[index] !== true);
    return missing === undefined
      ? { kind: 'found', paths }
      : { kind: 'missing', error: missingFile(missing) };
  }
  const first = paths.find((_, index) => present[index] === true);
  return first === undefined
    ? { kind: 'missing', error: noFile(io.folder) }
    : { kind: 'found', paths: [first] };
}

function missingFile(file: string): ErrorDetail {
  return {
    code: 'compose-invalid',
    message: `There is no compose file ${file}.`,
    hint: 'Name one that exists under target.file in gantry.yml.',
  };
}

function noFile(folder: string): ErrorDetail {
  return {
    code: 'compose-invalid',
    message: `There is no compose file in ${folder}.`,
    hint: 'Add a compose.yml with a service that has "build: .", or name one under target.file in gantry.yml.',
  };
}

/**
 * `docker compose` for these files, cut off from everything around it: no `.env` beside the file is read, and the
 * folder of the first file is what its relative paths start from, as by hand.
 */
export function composeArgv(
  { project, profiles = [] }: { readonly project: string; readonly profiles?: readonly string[] },
  paths: readonly string[],
  ...command: readonly string[]
): [string, ...string[]] {
  const projectFolder = dirname(paths.find((path) => path !== '-') ?? '.');
  return [
    'docker',
    'compose',
    '--ansi',
    'never',
    '--project-name',
    project,
    '--project-directory',
    projectFolder,
    '--env-file',
    devNull,
    ...paths.flatMap((path) => ['--file', path]),
    ...profiles.flatMap((profile) => ['--profile', profile]),
    ...command,
  ];
}

/** Names that steer the docker CLI itself or how it is loaded: never taken from an env file. */
const reserved =
  /^(PATH|HOME|DOCKER_.*|COMPOSE_.*|BUILDX_.*|BUILDKIT_.*|LD_.*|DYLD_.*|SYSTEMROOT|USERPROFILE)$/i;

export function isReserved(key: string): boolean {
  return reserved.test(key);
}

/**
 * The environment of `docker compose`: what it interpolates `${NAME}` from, and what the CLI needs to reach the
 * engine. Compose prefers its own environment to any `--env-file`, so this is the one place to put values.
 */
export function composeEnvironment(
  cli: Readonly<Record<string, string>>,
  env: ReadonlyMap<string, string>,
): Record<string, string> {
  return { ...Object.fromEntries([...env].filter(([key]) => !isReserved(key))), ...cli };
}

/** Runs a short command to its end, without any value of the env. */
export async function runCompose(io: Io, argv: readonly [string, ...string[]]): Promise<CommandResult> {
  try {
    return await io.commands.run({
      argv,
      cwd: io.folder,
      env: io.engine.cliEnvironment(),
      signal: io.signal,
    });
  } catch (error) {
    throw isNotFound(error) ? composeMissing('There is no docker command on the path.') : error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** What the docker CLI says when it has no compose plugin: it takes `compose`, or its options, for unknown. */
export function isComposeMissing(output: string): boolean {
  return /unknown command: docker compose|'compose' is not a docker command|unknown (?:shorthand )?flag: ['-]|unknown command "compose"/.test(
    output,
  );
}

/** Tells none from only version 1, which cannot do what is needed here. */
export async function explainMissing(io: Io): Promise<GantryError> {
  try {
    const v1 = await runCompose(io, ['docker-compose', 'version', '--short']);
    if (v1.exitCode === 0) {
      const version = v1.stdout.trim();
      return composeMissing(
        version.startsWith('1.')
          ? `Only Compose ${version} (docker-compose) is installed, and it is too old.`
          : `Compose ${version} is installed as docker-compose, but not as a plugin of the docker command.`,
      );
    }
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
  }
  return composeMissing('The docker command has no compose plugin.');
}

function composeMissing(message: string): GantryError {
  return new GantryError(
    'compose-missing',
    message,
    'Install Docker Compose v2 (docker-compose-plugin, or docker-compose on Debian 13), so that `docker compose version` answers.',
  );
}

/** Since 2.24.4 an override may replace a list instead of adding to it. */
export async function knowsOverrideTag(io: Io): Promise<boolean> {
  const { stdout } = await runCompose(io, ['docker', 'compose', 'version', '--short']);
  const [major = 0, minor = 0, patch = 0] = stdout
    .trim()
    .replace(/^v/, '')
    .split(/[.+-]/)
    .map((part) => Number.parseInt(part, 10));
  if (major !== 2) return major > 2;
  return minor > 24 || (minor === 24 && patch >= 4);
}
