import type {
  BuildSecret,
  Environment,
  TestConfig,
  WorkspaceConfig,
} from '#shared/domain/workspace-config.ts';
import { canonicalJson, sha256 } from './hash.ts';

/**
 * What building and deploying would run on this machine, and what of this machine it would hand out: what a person
 * trusts.
 *
 * What stays inside a build is no part of it - arguments, the matrix, stages, what the Dockerfile says: the engine runs
 * that in a container that sees nothing but the context, and asking again for each new base image would teach people to
 * say yes without reading. A secret, an agent or the host's network leads out of the container, so each is named.
 */
export function commandsOf(config: WorkspaceConfig): string[] {
  return [
    `build ${config.build.context} with ${config.build.dockerfile}`,
    ...handedOut(config.build),
    ...config.tests.map(testText),
    ...config.environments.flatMap(healthText),
    ...config.environments.map(
      ({ name, target }) => `deploy to ${name} by ${target.kind}${settingsText(target.config)}`,
    ),
  ];
}

/** A changed list of commands is untrusted again: what was trusted is what runs. */
export function trustHash(config: WorkspaceConfig): string {
  return sha256(canonicalJson(commandsOf(config)));
}

function handedOut({
  secrets,
  ssh,
  network,
  cacheFrom,
  cacheTo,
  attestations,
}: WorkspaceConfig['build']): string[] {
  const { sbom } = attestations;
  return [
    ...Object.entries(secrets).map(
      ([id, source]) => `give the build the secret ${id} from ${placeOf(source)}`,
    ),
    ...Object.entries(ssh).map(
      ([id, agent]) =>
        `let the build sign with ${agent === 'agent' ? 'your SSH agent' : `the SSH agent at ${agent}`} (${id})`,
    ),
    ...(network === 'host' ? ['let the build use the network of the engine’s machine'] : []),
    ...cacheFrom.filter(isLocal).map((place) => `read the build cache ${place}`),
    ...cacheTo.filter(isLocal).map((place) => `write the build cache ${place}`),
    ...(typeof sbom === 'object' ? [`let ${sbom.generator} scan what was built`] : []),
  ];
}

function placeOf(source: BuildSecret): string {
  if ('file' in source) return `the file ${source.file}`;
  return 'env' in source ? `the variable ${source.env}` : source.secret;
}

/** Folders of this machine. */
function isLocal(place: string): boolean {
  return /(?:^|,)type=local(?:,|$)/.test(place);
}

/** On the host a variable may be as good as a command: NODE_OPTIONS, PATH, LD_PRELOAD. */
function testText({ name, run, where, env }: TestConfig): string {
  const variables = where === 'host' ? Object.entries(env).map(([key, value]) => `, ${key}=${value}`) : [];
  return `${run.join(' ')}  (test ${name}, ${where}${variables.join('')})`;
}

/** What the check of an environment's health runs here. */
function healthText({ name, health: { command } }: Environment): string[] {
  if (command === undefined) return [];
  const { run, env = {} } = 'run' in command ? command : { run: command };
  const variables = Object.entries(env).map(([key, value]) => `, ${key}=${value}`);
  return [`${run.join(' ')}  (health of ${name}, host${variables.join('')})`];
}

/** ` (file compose.yml, project shop)`, or nothing where everything is as by default. */
function settingsText(config: unknown): string {
  const settings = Object.entries(config ?? {}).filter(([key]) => key !== 'kind');
  const words = settings.map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : canonicalJson(value)}`,
  );
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}
