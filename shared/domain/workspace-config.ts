import * as z from 'zod';
import { durationSchema } from './duration.ts';
import { environmentNameSchema } from './ids.ts';

/** Repository part of an image name: lower case, no tag. */
const imageNameSchema = z
  .string()
  .regex(
    /^[a-z0-9]+([._-]+[a-z0-9]+)*(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
    'lower case letters, digits, ., _, - and /, without a tag',
  );

const envKeySchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable name: letters, digits and _, not starting with a digit');

const relativePathSchema = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith('/') && !path.split(/[\\/]/).includes('..'), {
    message: 'a path inside the workspace, relative to gantry.yml',
  });

const buildConfigSchema = z.strictObject({
  context: relativePathSchema.default('.').describe('Folder sent to the engine.'),
  dockerfile: relativePathSchema.default('Dockerfile').describe('Relative to the context.'),
  target: z.string().min(1).optional().describe('Stage of a multi-stage Dockerfile to build.'),
  args: z
    .record(envKeySchema, z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({})
    .describe('Build arguments. They end up in the image history: no secrets.'),
  labels: z.record(z.string().min(1), z.string()).default({}),
  timeout: durationSchema.prefault('30m'),
});

const testConfigSchema = z.strictObject({
  name: z.string().min(1),
  where: z
    .enum(['host', 'image'])
    .default('host')
    .describe('host: in the workspace folder. image: in a container of the image just built.'),
  run: z.array(z.string()).min(1).describe('Argument list; no shell. For a shell: [sh, -c, "…"].'),
  env: z.record(envKeySchema, z.string()).default({}),
  timeout: durationSchema.prefault('5m'),
});
export type TestConfig = z.output<typeof testConfigSchema>;

const healthConfigSchema = z
  .strictObject({
    http: z
      .string()
      .regex(/^\/|^https?:\/\//, 'a path such as /healthz, or a whole http(s) URL')
      .optional()
      .describe('Asked after the containers are healthy. A path goes to the published port of the service.'),
    interval: durationSchema.prefault('500ms'),
    deadline: durationSchema.prefault('2m').describe('From start to healthy.'),
  })
  .describe('When a deploy counts as healthy, besides the target’s own health check.');
export type HealthConfig = z.output<typeof healthConfigSchema>;

const gatesConfigSchema = z.strictObject({
  order: z.boolean().default(true).describe('The release must have run in the environment before this one.'),
  tests: z.boolean().default(true).describe('The release must have passed every test that gantry.yml names.'),
});

const environmentConfigSchema = z.strictObject({
  envFile: relativePathSchema.optional().describe('Default: .env.<environment>'),
  target: z
    .looseObject({ kind: z.string().min(1) })
    .default({ kind: 'compose' })
    .describe('Where releases run; the other keys depend on the kind: `gantry targets` lists them.'),
  health: healthConfigSchema.prefault({}),
  gates: gatesConfigSchema.prefault({}),
  confirm: z
    .enum(['click', 'typed'])
    .optional()
    .describe('typed: the environment’s name must be typed. Default: typed for the last environment.'),
  onFailure: z
    .enum(['roll-back', 'stay'])
    .default('roll-back')
    .describe('What happens when a deploy fails after it changed something.'),
});

const envConfigSchema = z.strictObject({
  public: z.array(envKeySchema).default([]).describe('Keys whose values may be shown.'),
  required: z.array(envKeySchema).default([]).describe('Keys without which no environment is deployed to.'),
  optional: z
    .array(envKeySchema)
    .default([])
    .describe('Keys that may be missing in an environment although another has them.'),
});

/** gantry.yml. Its input side is the JSON Schema that editors complete from. */
export const workspaceConfigSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z
    .string()
    .regex(/^[a-z0-9]+([_-]+[a-z0-9]+)*$/, 'lower case letters, digits, - and _')
    .optional()
    .describe('Default: the name of the git remote or the folder.'),
  image: imageNameSchema.optional().describe('Image name without a tag. Default: the workspace’s name.'),
  build: buildConfigSchema.prefault({}),
  tests: z.array(testConfigSchema).default([]),
  env: envConfigSchema.prefault({}),
  environments: z
    .record(environmentNameSchema, environmentConfigSchema)
    .refine((environments) => Object.keys(environments).length > 0, 'at least one environment')
    .describe('In the order in which a release travels.'),
});
export type WorkspaceConfigInput = z.input<typeof workspaceConfigSchema>;
export type WorkspaceConfigFile = z.output<typeof workspaceConfigSchema>;
export type BuildConfig = WorkspaceConfigFile['build'];
export type EnvConfig = WorkspaceConfigFile['env'];

/** One environment with every default filled in. */
export type Environment = {
  readonly name: z.infer<typeof environmentNameSchema>;
  /** Relative to the workspace folder. */
  readonly envFile: string;
  /** Checked by the target's own schema when the workspace was loaded. */
  readonly target: { readonly kind: string; readonly config: unknown };
  readonly health: HealthConfig;
  readonly gates: z.output<typeof gatesConfigSchema>;
  readonly confirm: 'click' | 'typed';
  readonly onFailure: 'roll-back' | 'stay';
};

/** A workspace's description with every default filled in, whether written or detected. */
export type WorkspaceConfig = {
  readonly name: string;
  readonly image: string;
  readonly build: BuildConfig;
  readonly tests: readonly TestConfig[];
  readonly env: EnvConfig;
  /** In the order in which a release travels. */
  readonly environments: readonly Environment[];
};
