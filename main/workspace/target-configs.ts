import * as z from 'zod';
import { workspaceConfigSchema } from '#shared/domain/workspace-config.ts';
import type { JsonSchema } from './schema-walk.ts';

/** What the workspace must know of a target: how its settings look. */
export type TargetConfigSchema = { readonly kind: string; readonly config: z.ZodType };

/** JSON Schema of what a person may write, without the keys that only matter at the top of a document. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  // Zod's own type of a JSON Schema is wider, not different.
  return rest as JsonSchema;
}

/** JSON Schema of gantry.yml: the common part with each target's settings where `target` stands. */
export function workspaceJsonSchema(targets: readonly TargetConfigSchema[]): JsonSchema {
  const schema = inputSchema(workspaceConfigSchema);
  const environments = schema.properties?.environments;
  const environment = environments?.additionalProperties;
  if (environments === undefined || typeof environment !== 'object')
    throw new Error('environments is no record');
  const common = environment.properties?.target;
  const target: JsonSchema = {
    ...(common?.description === undefined ? {} : { description: common.description }),
    default: common?.default,
    anyOf: targets.map((entry) => inputSchema(entry.config)),
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'gantry.yml',
    description: 'A Gantry workspace: what is built, how it is tested, and where it travels.',
    ...schema,
    properties: {
      ...schema.properties,
      environments: {
        ...environments,
        additionalProperties: { ...environment, properties: { ...environment.properties, target } },
      },
    },
  };
}
