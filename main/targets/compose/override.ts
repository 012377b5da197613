import { Document, isMap, isNode } from 'yaml';
import type { ComposeUp } from './actions.ts';
import { gantryLabels } from './labels.ts';
import type { ModelEnvFile, ModelService } from './model.ts';

export type OverrideInput = {
  readonly action: Pick<ComposeUp, 'workspace' | 'environment' | 'release' | 'ref' | 'envFingerprint'>;
  readonly services: readonly ModelService[];
  readonly releaseServices: readonly string[];
  readonly oneShots: readonly string[];
  /** Of services that are deployed rolling, by name. */
  readonly specs?: ReadonlyMap<string, string>;
  readonly env: ReadonlyMap<string, string>;
  /** Whether a path is one of the workspace's env files. */
  readonly isEnvFile: (path: string) => boolean;
};

/**
 * The Compose file that is laid over the person's own. It holds values of the env, so it exists in memory only and
 * reaches Compose on stdin.
 *
 * The env of the deploy goes where an env file would: below the service's own `environment`, and in place of the
 * workspace's env files, so that a rollback restores exactly what ran and nothing of today's files.
 */
export function composeOverride(input: OverrideInput): string {
  const document = new Document({
    services: Object.fromEntries(
      input.services.map((service) => [service.name, serviceOverride(service, input)]),
    ),
  });
  for (const service of input.services) tagEnvFile(document, service.name);
  // Quoted throughout: Compose reads YAML 1.1, where a bare `yes`, `0o7` or `1:30` is no text.
  return document.toString({
    lineWidth: 0,
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'QUOTE_DOUBLE',
  });
}

/** Whether the override uses `!override`, which Compose knows since 2.24.4. */
export function replacesEnvFiles({
  services,
  isEnvFile,
}: Pick<OverrideInput, 'services' | 'isEnvFile'>): boolean {
  return services.some((service) => service.envFiles.some((file) => isEnvFile(file.path)));
}

function serviceOverride(service: ModelService, input: OverrideInput): Record<string, unknown> {
  const { action } = input;
  const runsRelease = input.releaseServices.includes(service.name);
  const readsEnvFile = service.envFiles.some((file) => input.isEnvFile(file.path));
  const spec = input.specs?.get(service.name);
  return {
    ...(runsRelease ? { image: action.ref, pull_policy: 'never' } : {}),
    ...(readsEnvFile ? { env_file: otherEnvFiles(service.envFiles, input) } : {}),
    ...(runsRelease || readsEnvFile ? { environment: environmentOf(service, input.env) } : {}),
    labels: {
      [gantryLabels.workspace]: action.workspace,
      [gantryLabels.environment]: action.environment,
      ...(runsRelease ? { [gantryLabels.release]: action.release } : {}),
      ...(runsRelease || readsEnvFile ? { [gantryLabels.env]: action.envFingerprint } : {}),
      ...(input.oneShots.includes(service.name) ? { [gantryLabels.oneShot]: 'true' } : {}),
      ...(spec === undefined ? {} : { [gantryLabels.spec]: spec }),
    },
  };
}

function otherEnvFiles(files: readonly ModelEnvFile[], { isEnvFile }: OverrideInput): unknown[] {
  return files
    .filter((file) => !isEnvFile(file.path))
    .map((file) => {
      const path = escaped(file.path);
      return file.required && file.format === undefined ? path : { ...file, path };
    });
}

function environmentOf(service: ModelService, env: ReadonlyMap<string, string>): Record<string, string> {
  const own = new Set(service.ownEnvKeys);
  return Object.fromEntries(
    [...env].filter(([key]) => !own.has(key)).map(([key, value]) => [key, escaped(value)]),
  );
}

/** Compose interpolates the override like any other file. */
function escaped(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** Lists of two files are joined unless the later one says otherwise. */
function tagEnvFile(document: Document, service: string): void {
  const map = document.getIn(['services', service], true);
  const node: unknown = isMap(map) ? map.get('env_file', true) : undefined;
  if (isNode(node)) node.tag = '!override';
}
