import * as z from 'zod';
import { envKeySchema, relativePathSchema } from './config-values.ts';
import { durationSchema } from './duration.ts';

/** More combinations than anybody builds are a mistake, and would be written out one by one. */
const maxCells = 256;

const matrixValueSchema = z
  .union([
    z.string(),
    z.number().refine(Number.isInteger, { message: 'in quotes, because YAML reads 3.10 as 3.1' }),
  ])
  .transform(String);

const namedContextSchema = z
  .string()
  .min(1)
  .refine((place) => !/^[a-z][a-z0-9+.-]*:/i.test(place) || /^(?:docker-image|https):\/\/./.test(place), {
    message: 'a folder inside the workspace, docker-image://NAME, or an https URL',
  });

/** Where a build secret's value comes from; the value itself never stands in gantry.yml. */
const buildSecretSchema = z
  .union([
    z.strictObject({ file: z.string().min(1).describe('Path; ~ is the home folder.') }),
    z.strictObject({ env: envKeySchema.describe('Variable of the environment Gantry was started from.') }),
    z.strictObject({ secret: z.string().startsWith('secret://') }),
  ])
  .describe('For RUN --mount=type=secret,id=…: the step alone sees it, no layer and no log.');
export type BuildSecret = z.output<typeof buildSecretSchema>;

const attestationsSchema = z.strictObject({
  provenance: z.enum(['off', 'min', 'max']).default('off'),
  sbom: z
    .union([z.boolean(), z.strictObject({ generator: z.string().min(1) })])
    .default(false)
    .describe('true: with the engine’s own scanner image. generator: with this one.'),
});

export const buildConfigSchema = z.strictObject({
  context: relativePathSchema.default('.').describe('Folder sent to the engine.'),
  dockerfile: relativePathSchema.default('Dockerfile').describe('Relative to the context.'),
  target: z.string().min(1).optional().describe('Stage of a multi-stage Dockerfile to build.'),
  args: z
    .record(envKeySchema, z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({})
    .describe('Build arguments. They end up in the image history: no secrets.'),
  labels: z.record(z.string().min(1), z.string()).default({}),
  secrets: z.record(z.string().min(1), buildSecretSchema).default({}),
  ssh: z
    .record(z.string().min(1), z.union([z.literal('agent'), z.string().min(1)]))
    .default({})
    .describe('For RUN --mount=type=ssh,id=…: `agent` (SSH_AUTH_SOCK) or the path of an agent’s socket.'),
  contexts: z
    .record(z.string().min(1), namedContextSchema)
    .default({})
    .describe('Additional named contexts: a folder inside the workspace, docker-image://…, or an https URL.'),
  matrix: z
    .record(envKeySchema, z.array(matrixValueSchema).min(1))
    .refine(
      (matrix) => Object.values(matrix).reduce((cells, values) => cells * values.length, 1) <= maxCells,
      {
        message: `not more than ${maxCells} combinations`,
      },
    )
    .default({})
    .describe('One image for each combination of these arguments. An environment names the cell it runs.'),
  atOnce: z.number().int().min(1).max(16).default(2).describe('Cells of the matrix that build side by side.'),
  platforms: z
    .array(z.string().regex(/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?$/, 'such as linux/amd64'))
    .default([])
    .describe('Default: the engine’s own. Several need an engine with the containerd image store.'),
  pull: z.enum(['missing', 'always']).default('missing').describe('When base images are asked for anew.'),
  network: z.enum(['default', 'none', 'host']).default('default'),
  extraHosts: z.record(z.string().min(1), z.string().min(1)).default({}),
  cacheFrom: z
    .array(z.string().min(1))
    .default([])
    .describe('Image names, or type=registry,ref=… / type=local,src=… as the docker CLI writes them.'),
  cacheTo: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'type=inline, type=registry,ref=…[,mode=max] or type=local,dest=…. With a matrix each cell writes under the tag with its own name after it, and reads that where cacheFrom names the same place.',
    ),
  reproducible: z
    .boolean()
    .default(true)
    .describe(
      'Times in the image are those of the commit (SOURCE_DATE_EPOCH), where nothing is uncommitted.',
    ),
  attestations: attestationsSchema.prefault({}),
  timeout: durationSchema.prefault('30m'),
});
export type BuildConfig = z.output<typeof buildConfigSchema>;
