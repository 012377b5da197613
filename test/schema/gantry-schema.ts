import { join } from 'node:path';
import { createTargets } from '#main/targets/index.ts';
import { createWorkspaces } from '#main/workspace/workspaces.ts';

/** The checked-in JSON Schema of gantry.yml. */
export const schemaPath = join(import.meta.dirname, '../../gantry.schema.json');

export function gantrySchema(): Record<string, unknown> {
  return createWorkspaces({
    targets: createTargets().list(),
    remoteName: async () => undefined,
  }).jsonSchema();
}
