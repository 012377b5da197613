import { environmentNameSchema } from '#shared/domain/ids.ts';
import { cellName, cellsOf, findCell } from '#shared/domain/matrix.ts';
import type { Environment, WorkspaceConfig, WorkspaceConfigFile } from '#shared/domain/workspace-config.ts';

export type CompleteConfigInput = {
  readonly file: WorkspaceConfigFile;
  /** For a file that names none. */
  readonly fallbackName: string;
  /** Each environment's target settings, checked by the target's own schema. */
  readonly targets: ReadonlyMap<string, Environment['target']>;
};

/** Fills in the defaults that depend on more than one key. */
export function completeConfig({ file, fallbackName, targets }: CompleteConfigInput): WorkspaceConfig {
  const name = file.name ?? fallbackName;
  const entries = Object.entries(file.environments);
  return {
    name,
    image: file.image ?? name,
    ...(file.version === undefined ? {} : { version: file.version }),
    build: file.build,
    tests: file.tests,
    watch: file.watch,
    registry: file.registry,
    tags: file.tags,
    retention: file.retention,
    env: file.env,
    environments: entries.map(([environment, written], index) => {
      const target = targets.get(environment);
      if (target === undefined) throw new Error(`target of ${environment} was not checked`);
      return {
        // The record's keys were checked by the schema; Object.entries only loses the brand.
        name: environmentNameSchema.parse(environment),
        envFile: written.envFile ?? `.env.${environment}`,
        ...cellOf(file.build.matrix, written.cell),
        ...(written.repository === undefined ? {} : { repository: written.repository }),
        target,
        health: written.health,
        gates: written.gates,
        confirm: written.confirm ?? (index === entries.length - 1 ? 'typed' : 'click'),
        onFailure: written.onFailure,
      };
    }),
  };
}

/** Without a name, the first of the matrix; a cell that is not in it stays as it is written, for the check that says so. */
function cellOf(
  matrix: Readonly<Record<string, readonly string[]>>,
  wanted?: Readonly<Record<string, string>>,
) {
  const cell =
    findCell(cellsOf(matrix), wanted)?.name ?? (wanted === undefined ? undefined : cellName(wanted));
  return cell === undefined ? {} : { cell };
}

/** A workspace name from whatever a folder or repository is called. */
export function workspaceName(text: string): string {
  const name = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\.git$/, '')
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/[_-]*-[_-]*/g, '-')
    .replace(/^[_-]+|[_-]+$/g, '');
  return name === '' ? 'workspace' : name;
}
