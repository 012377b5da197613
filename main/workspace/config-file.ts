import type { Problem } from '#shared/domain/errors.ts';
import {
  type Environment,
  type WorkspaceConfig,
  workspaceConfigSchema,
} from '#shared/domain/workspace-config.ts';
import { completeConfig } from './complete-config.ts';
import { contradictions } from './contradictions.ts';
import { didYouMean } from './did-you-mean.ts';
import { pathText, schemaProblems } from './schema-problems.ts';
import type { JsonSchema } from './schema-walk.ts';
import { inputSchema, type TargetConfigSchema } from './target-configs.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

export const configFileName = 'gantry.yml';

export type ParsedConfig = {
  readonly config?: WorkspaceConfig;
  readonly problems: readonly Problem[];
  readonly source: YamlSource;
};

export type ParseConfigInput = {
  readonly text: string;
  readonly fallbackName: string;
  readonly targets: readonly TargetConfigSchema[];
  /** Of what may be written there; needed only to explain a problem. */
  readonly schema: () => JsonSchema;
};

/** gantry.yml with every problem that its text alone shows. */
export function parseConfig({ text, fallbackName, targets, schema }: ParseConfigInput): ParsedConfig {
  const source = readYaml(configFileName, text);
  if (source.problems.length > 0 && source.data === undefined) return { source, problems: source.problems };
  if (source.data === undefined) return { source, problems: [emptyFile] };
  const parsed = workspaceConfigSchema.safeParse(source.data);
  const checked = checkTargets(source, targets);
  const problems = [
    ...source.problems,
    ...(parsed.success
      ? []
      : schemaProblems({
          file: configFileName,
          source,
          issues: parsed.error.issues,
          schema: schema(),
          at: [],
        })),
    ...checked.problems,
  ];
  if (!parsed.success || problems.length > 0) return { source, problems: inFileOrder(problems) };
  const config = completeConfig({ file: parsed.data, fallbackName, targets: checked.targets });
  return { source, config, problems: inFileOrder(contradictions(config, configFileName, source)) };
}

const emptyFile: Problem = {
  file: configFileName,
  what: 'The file is empty.',
  hint: 'Write at least "environments: { dev: {} }", or delete the file and let `gantry init` write it.',
};

type CheckedTargets = {
  readonly targets: ReadonlyMap<string, Environment['target']>;
  readonly problems: Problem[];
};

/** Reads the raw data, so that a mistake elsewhere does not hide one here. */
function checkTargets(source: YamlSource, schemas: readonly TargetConfigSchema[]): CheckedTargets {
  const targets = new Map<string, Environment['target']>();
  const problems: Problem[] = [];
  for (const [environment, written] of entriesOf(entry(source.data, 'environments'))) {
    const at = ['environments', environment, 'target'];
    const target = entry(written, 'target') ?? { kind: 'compose' };
    const kind = entry(target, 'kind');
    // The common schema complains about a target without a kind.
    if (typeof kind !== 'string' || kind === '') continue;
    const schema = schemas.find((candidate) => candidate.kind === kind);
    if (schema === undefined) {
      problems.push(unknownKind(source, [...at, 'kind'], kind, schemas));
      continue;
    }
    const parsed = schema.config.safeParse(target);
    if (parsed.success) targets.set(environment, { kind, config: parsed.data });
    else {
      const { issues } = parsed.error;
      problems.push(
        ...schemaProblems({ file: configFileName, source, issues, schema: inputSchema(schema.config), at }),
      );
    }
  }
  return { targets, problems };
}

function unknownKind(
  source: YamlSource,
  at: readonly string[],
  kind: string,
  schemas: readonly TargetConfigSchema[],
): Problem {
  const known = schemas.map((schema) => schema.kind);
  const meant = didYouMean(kind, known);
  return {
    file: configFileName,
    ...source.valueAt(at),
    path: pathText(at),
    what: `There is no target "${kind}".`,
    hint: meant === undefined ? `Known targets: ${known.join(', ')}.` : `Did you mean "${meant}"?`,
  };
}

function inFileOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

function entry(value: unknown, key: string): unknown {
  return entriesOf(value).find(([name]) => name === key)?.[1];
}

function entriesOf(value: unknown): [string, unknown][] {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : [];
}
