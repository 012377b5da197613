import { isDeepStrictEqual } from 'node:util';
import { Document, isMap, isScalar, type Pair, visit, type YAMLMap } from 'yaml';
import { durationText } from '#shared/domain/duration.ts';
import type { Environment, WorkspaceConfig } from '#shared/domain/workspace-config.ts';

/**
 * gantry.yml as `gantry init` writes it: what was detected, in full where a newcomer will want to change it, and
 * with a comment on each part. Reading it back gives the same config.
 */
export function describeConfig(config: WorkspaceConfig, defaultsOf: TargetDefaults): string {
  const document = new Document(plainConfig(config, defaultsOf));
  document.commentBefore =
    ' What Gantry knows about this workspace. `gantry schema` prints its JSON Schema, for editors.';
  const { contents } = document;
  if (isMap(contents)) comment(contents);
  visit(document, {
    Collection(_key, node) {
      node.flow = isShort(node.toJSON());
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** A target's settings as they are when only its kind is written. */
export type TargetDefaults = (kind: string) => unknown;

/** Whether a list or mapping of plain values reads well on one line. */
function isShort(value: unknown): boolean {
  const values = value !== null && typeof value === 'object' ? Object.values(value) : [];
  return values.every((item) => typeof item !== 'object') && JSON.stringify(value).length <= 80;
}

const comments: Readonly<Record<string, string>> = {
  build: ' What is built, once; every environment gets these same bytes.',
  tests:
    ' What must pass before a release may travel, such as:\n   - { name: unit, where: host, run: [npm, test], timeout: 5m }\n   - { name: smoke, where: image, run: [/app/selftest] }',
  env: ' Which keys may be shown, which every environment needs, and which may be missing.\n Every value that is not public is shown as bullets only.',
  environments:
    ' In the order in which a release travels. Each has its env file, the place it runs in and its health check;\n `confirm: typed` asks for the name of the environment to be typed before anything changes there.',
};

function comment(contents: YAMLMap): void {
  for (const pair of contents.items as Pair[]) {
    if (!isScalar(pair.key)) continue;
    const text = comments[String(pair.key.value)];
    if (text === undefined) continue;
    pair.key.commentBefore = text;
    pair.key.spaceBefore = true;
  }
}

function plainConfig(config: WorkspaceConfig, defaultsOf: TargetDefaults): Record<string, unknown> {
  const { build } = config;
  return {
    name: config.name,
    image: config.image,
    build: {
      context: build.context,
      dockerfile: build.dockerfile,
      ...(build.target === undefined ? {} : { target: build.target }),
      ...filled('args', build.args),
      ...filled('labels', build.labels),
      ...changed('timeout', build.timeout, 30 * 60_000),
    },
    tests: config.tests.map(({ env, timeout, ...test }) => ({
      ...test,
      ...filled('env', env),
      ...changed('timeout', timeout, 5 * 60_000),
    })),
    env: config.env,
    environments: Object.fromEntries(
      config.environments.map((environment) => [environment.name, plainEnvironment(environment, defaultsOf)]),
    ),
  };
}

function plainEnvironment(environment: Environment, defaultsOf: TargetDefaults): Record<string, unknown> {
  const { health, gates } = environment;
  return {
    envFile: environment.envFile,
    target: plainTarget(environment.target, defaultsOf(environment.target.kind)),
    health: plainHealth(health),
    ...(gates.order && gates.tests ? {} : { gates }),
    confirm: environment.confirm,
    ...(environment.onFailure === 'roll-back' ? {} : { onFailure: environment.onFailure }),
  };
}

function plainHealth({ interval, deadline, startPeriod, timeout, watch, ...checks }: Environment['health']) {
  return {
    ...checks,
    ...(startPeriod === undefined ? {} : { startPeriod: durationText(startPeriod) }),
    ...changed('interval', interval, 500),
    ...(timeout === undefined ? {} : { timeout: durationText(timeout) }),
    deadline: durationText(deadline),
    ...(watch === undefined ? {} : { watch: plainWatch(watch) }),
  };
}

function plainWatch(watch: NonNullable<Environment['health']['watch']>): unknown {
  if (typeof watch === 'number') return durationText(watch);
  const { interval } = watch;
  return {
    for: durationText(watch.for),
    ...(interval === undefined ? {} : { interval: durationText(interval) }),
  };
}

/** Without what is the default; durations, which are milliseconds once parsed, as text: every target calls its own `timeout`. */
function plainTarget({ kind, config }: Environment['target'], defaults: unknown): Record<string, unknown> {
  const usual = new Map(entriesOf(defaults));
  const settings = entriesOf(config).filter(
    ([key, value]) => key !== 'kind' && !isDeepStrictEqual(value, usual.get(key)),
  );
  return {
    kind,
    ...Object.fromEntries(
      settings.map(([key, value]) => [
        key,
        key === 'timeout' && typeof value === 'number' ? durationText(value) : value,
      ]),
    ),
  };
}

function entriesOf(value: unknown): [string, unknown][] {
  return value !== null && typeof value === 'object' ? Object.entries(value) : [];
}

function filled(key: string, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.keys(value).length === 0 ? {} : { [key]: value };
}

function changed(key: string, ms: number, usualMs: number): Record<string, unknown> {
  return ms === usualMs ? {} : { [key]: durationText(ms) };
}
