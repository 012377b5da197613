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

const drainSchema = z
  .strictObject({
    command: z
      .tuple([z.string().min(1)], z.string())
      .optional()
      .describe('Run in each old container, such as one that makes its health check fail.'),
    wait: durationSchema
      .prefault('5s')
      .describe(
        'How long an old container goes on after that, for what is in front of it to look elsewhere.',
      ),
    timeout: durationSchema.prefault('30s').describe('How long the command may take.'),
  })
  .describe('With `strategy: rolling`: what happens to an old container before it gets its stop signal.');

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
    profiles: z
      .array(z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, 'the name of a profile'))
      .min(1)
      .optional()
      .describe(
        'Profiles of the compose file that are active. Default: none, so services with a profile are left out.',
      ),
    oneShots: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe(
        'Services that do their work and end with 0, such as a migration. Those that another waits for with `service_completed_successfully` are known as such.',
      ),
    strategy: z
      .enum(['recreate', 'rolling'])
      .default('recreate')
      .describe(
        'recreate: Compose stops the old container, then starts the new one. rolling: the new one starts beside the old one, which stops once the new one is healthy; something in front, such as a proxy, must find both.',
      ),
    overlap: durationSchema
      .optional()
      .describe(
        'With `strategy: rolling`: how long old and new containers serve together once the new ones are healthy, for what is in front of them to find the new ones. Default: 1s.',
      ),
    drain: drainSchema.optional(),
    timeout: durationSchema
      .prefault('10m')
      .describe('How long `docker compose up` may take, including pulls of other images.'),
  })
  .superRefine(({ strategy, drain, overlap }, context) => {
    if (strategy === 'rolling') return;
    for (const [key, value] of Object.entries({ drain, overlap })) {
      if (value === undefined) continue;
      context.addIssue({ code: 'custom', message: 'only with "strategy: rolling"', path: [key] });
    }
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
