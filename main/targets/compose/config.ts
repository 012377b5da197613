import * as z from 'zod';
import type { TargetPlace } from '#main/core/ports/target.ts';
import { durationSchema } from '#shared/domain/duration.ts';
import { enginePlaceSchema } from '#shared/domain/engine-place.ts';

const fileSchema = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith('/') && !path.split(/[\\/]/).includes('..'), {
    message: 'a path inside the workspace, relative to gantry.yml',
  });

export const composeConfigSchema = z
  .strictObject({
    kind: z.literal('compose'),
    file: z
      .union([fileSchema, z.array(fileSchema).min(1)])
      .optional()
      .describe(
        'Compose file, or several of which later ones override. Default: compose.yaml or as Compose finds it.',
      ),
    services: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Services that run the release. Default: those with `build:` or with the workspace’s image.'),
    engine: enginePlaceSchema.optional(),
    project: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]*$/, 'lower case letters, digits, - and _')
      .optional()
      .describe('Compose project. Default: <workspace>-<environment>'),
    timeout: durationSchema
      .prefault('10m')
      .describe('How long `docker compose up` may take, including pulls of other images.'),
  })
  .describe('Docker Compose on the engine that Gantry uses, or on the one named here.');
export type ComposeConfig = z.output<typeof composeConfigSchema>;

export function projectOf(
  config: ComposeConfig,
  place: Pick<TargetPlace, 'workspace' | 'environment'>,
): string {
  return config.project ?? `${place.workspace}-${place.environment}`;
}

export function filesOf(config: ComposeConfig): readonly string[] {
  if (config.file === undefined) return [];
  return typeof config.file === 'string' ? [config.file] : config.file;
}
