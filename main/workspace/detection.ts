import { environmentNameSchema } from '#shared/domain/ids.ts';
import type { WorkspaceConfigInput } from '#shared/domain/workspace-config.ts';

/** What a folder without gantry.yml says about itself by the names of the files directly in it. */
export function detect(fileNames: readonly string[], name: string): WorkspaceConfigInput {
  const environments = detectEnvironments(fileNames);
  return {
    name,
    environments: Object.fromEntries(
      environments.map(({ environment, envFile }) => [
        environment,
        { envFile, target: { kind: 'compose', ...composeFiles(fileNames, environment) } },
      ]),
    ),
  };
}

type DetectedEnvironment = { readonly environment: string; readonly envFile: string };

/** `.env.<name>` that are templates, local overrides, editors' or tools' own, and no environment. */
const noEnvironment = new Set(
  'example examples sample samples template tpl dist default defaults local bak backup old orig swp schema vault keys encrypted enc me'.split(
    ' ',
  ),
);

function detectEnvironments(fileNames: readonly string[]): DetectedEnvironment[] {
  const found = new Map<string, string>();
  for (const fileName of fileNames.toSorted()) {
    const suffix = /^\.env\.(.+)$/.exec(fileName)?.[1];
    if (suffix === undefined) continue;
    const environment = suffix.toLowerCase().replaceAll('_', '-');
    if (noEnvironment.has(environment) || !environmentNameSchema.safeParse(environment).success) continue;
    if (!found.has(environment)) found.set(environment, fileName);
  }
  if (found.size === 0)
    return [{ environment: 'dev', envFile: fileNames.includes('.env') ? '.env' : '.env.dev' }];
  return [...found]
    .map(([environment, envFile]) => ({ environment, envFile }))
    .sort(
      (a, b) => rankOf(a.environment) - rankOf(b.environment) || compareText(a.environment, b.environment),
    );
}

/** From where a release starts to where it ends; a name that is in no group stands in the middle. */
const order: readonly (readonly string[])[] = [
  ['dev', 'develop', 'development'],
  ['ci', 'test', 'testing'],
  ['int', 'integration'],
  ['qa'],
  ['preview', 'review'],
  [],
  ['demo'],
  ['uat', 'acceptance'],
  ['stage', 'staging'],
  ['preprod', 'pre-prod', 'canary'],
  ['prod', 'production', 'live'],
];

function rankOf(environment: string): number {
  const rank = order.findIndex((names) => names.includes(environment));
  return rank === -1 ? order.findIndex((names) => names.length === 0) : rank;
}

// Compose's own order of preference.
const composeNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** The file that Compose finds by itself. */
export function composeFileIn(fileNames: readonly string[]): string | undefined {
  return composeNames.find((name) => fileNames.includes(name));
}

/** Nothing where Compose finds its file by itself; the list where an environment has a file of its own. */
function composeFiles(fileNames: readonly string[], environment: string): { file?: string | string[] } {
  const base = composeFileIn(fileNames);
  const own = ['yaml', 'yml']
    .flatMap((end) => [`compose.${environment}.${end}`, `docker-compose.${environment}.${end}`])
    .find((name) => fileNames.includes(name));
  if (own === undefined) return {};
  return { file: base === undefined ? own : [base, own] };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
