import { posix } from 'node:path';
import type { Environment, WorkspaceConfig } from '#shared/domain/workspace-config.ts';

/**
 * Whether a change of a path, below the workspace folder and with slashes, starts a round. `if-not-ignored`: unless git
 * ignores it; a test on the host may read anything. `if-built`: unless git ignores it or no image is made of it.
 */
export type Meaning = 'always' | 'never' | 'if-not-ignored' | 'if-built';

/** What Compose looks for by itself. */
const composeFile = /^(docker-)?compose(\.[\w.-]+)?\.ya?ml$/;

export function createMeaning(
  config: Pick<WorkspaceConfig, 'build' | 'tests'>,
  environment: Pick<Environment, 'envFile' | 'target'> | undefined,
): (path: string) => Meaning {
  const { build, tests } = config;
  const dockerfile = posix.join(normal(build.context), normal(build.dockerfile));
  const named = new Set([
    'gantry.yml',
    dockerfile,
    `${dockerfile}.dockerignore`,
    posix.join(normal(build.context), '.dockerignore'),
    ...(environment === undefined
      ? []
      : [environment.envFile, ...textsIn(environment.target.config)].map(normal)),
  ]);
  const reports = new Set(tests.flatMap(({ junit }) => (junit === undefined ? [] : [normal(junit)])));
  const hasHostTests = tests.some(({ where }) => where === 'host');
  return (path) => {
    if (reports.has(path) || path.split('/').some(isOurs)) return 'never';
    if (named.has(path) || (environment !== undefined && composeFile.test(path))) return 'always';
    return hasHostTests ? 'if-not-ignored' : 'if-built';
  };
}

function isOurs(name: string): boolean {
  return name === '.git' || name === '.gantry';
}

/** Relative to the workspace folder, as paths below it are told. */
export function normal(path: string): string {
  return posix.normalize(path.replaceAll('\\', '/')).replace(/^\.\/|\/$/g, '');
}

/** Every text in a target's settings: some of them are files. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
