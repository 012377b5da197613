import type { BuildSecret } from '#shared/domain/build-config.ts';
import { durationText } from '#shared/domain/duration.ts';
import type { Environment, TestConfig, WorkspaceConfig } from '#shared/domain/workspace-config.ts';
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
  return listed(config, ({ config: settings }) => settings);
}

/** The same for people: without settings that are as by default, and durations as they are written. */
export function commandsText(config: WorkspaceConfig, defaultsOf: (kind: string) => unknown): string[] {
  return listed(config, ({ kind, config: settings }) => {
    const usual = new Map(entriesOf(defaultsOf(kind)));
    return Object.fromEntries(
      entriesOf(settings)
        .filter(([key, value]) => !usual.has(key) || canonicalJson(value) !== canonicalJson(usual.get(key)))
        .map(([key, value]) => [key, withDurations(key, value)]),
    );
  });
}

function listed(config: WorkspaceConfig, settingsOf: (target: Environment['target']) => unknown): string[] {
  return [
    `build ${config.build.context} with ${config.build.dockerfile}`,
    ...handedOut(config.build),
    ...config.tests.map(testText),
    ...config.environments.flatMap(healthText),
    ...config.environments.map(
      ({ name, target }) => `deploy to ${name} by ${target.kind}${settingsText(settingsOf(target))}`,
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
  const settings = entriesOf(config).filter(([key]) => key !== 'kind');
  const words = settings.map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : canonicalJson(value)}`,
  );
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

/** What targets call settings that are milliseconds once parsed. */
const durations = new Set([
  'canaryPause',
  'deadline',
  'delay',
  'monitor',
  'overlap',
  'poll',
  'timeout',
  'wait',
]);
/** What a person writes there is sent or run as it is. */
const freeForm = new Set(['body', 'env', 'headers']);

function withDurations(key: string, value: unknown): unknown {
  if (typeof value === 'number') return durations.has(key) ? durationText(value) : value;
  if (Array.isArray(value) || freeForm.has(key) || entriesOf(value).length === 0) return value;
  return Object.fromEntries(entriesOf(value).map(([name, part]) => [name, withDurations(name, part)]));
}

function entriesOf(value: unknown): [string, unknown][] {
  return value !== null && typeof value === 'object' ? Object.entries(value) : [];
}
