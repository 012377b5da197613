import * as z from 'zod';
import { type BuildConfig, buildConfigSchema } from './build-config.ts';
import { envKeySchema, imageNameSchema, relativePathSchema } from './config-values.ts';
import { durationSchema } from './duration.ts';
import { type HealthConfig, healthConfigSchema } from './health-config.ts';
import { environmentNameSchema } from './ids.ts';
import { tagsConfigSchema, templateSchema, versionTemplateFields } from './tag-config.ts';

const testConfigSchema = z.strictObject({
  name: z.string().min(1),
  where: z
    .enum(['host', 'image'])
    .default('host')
    .describe('host: in the workspace folder. image: in a container of the image just built.'),
  run: z.array(z.string()).min(1).describe('Argument list; no shell. For a shell: [sh, -c, "…"].'),
  env: z.record(envKeySchema, z.string()).default({}),
  junit: z
    .string()
    .min(1)
    .optional()
    .describe('JUnit XML that the test writes: in the workspace folder, or a path inside the container.'),
  timeout: durationSchema.prefault('5m'),
});
export type TestConfig = z.output<typeof testConfigSchema>;

const gatesConfigSchema = z.strictObject({
  order: z.boolean().default(true).describe('The release must have run in the environment before this one.'),
  tests: z.boolean().default(true).describe('The release must have passed every test that gantry.yml names.'),
});

const environmentConfigSchema = z.strictObject({
  envFile: relativePathSchema.optional().describe('Default: .env.<environment>'),
  repository: imageNameSchema
    .optional()
    .describe(
      'Its images are put there before a deploy. Default for targets that pull: registry.repository.',
    ),
  cell: z
    .record(envKeySchema, z.union([z.string(), z.number()]).transform(String))
    .optional()
    .describe('Which image of the build’s matrix runs here. Default: the first.'),
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

const registryConfigSchema = z.strictObject({
  repository: imageNameSchema
    .optional()
    .describe('Where releases are pushed, such as ghcr.io/acme/shop. Without it images stay on the engine.'),
  insecure: z
    .array(z.string().min(1))
    .default([])
    .describe('Registries (host:port) that are spoken to without TLS. Loopback always is.'),
});

const retentionConfigSchema = z
  .strictObject({
    keep: z.number().int().min(1).default(10).describe('The newest releases that stay whatever happens.'),
    wayBack: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('How many releases back each environment can go. Default: as far as it ever ran.'),
    afterBuild: z.boolean().default(false).describe('Remove what may go after each successful build.'),
  })
  .describe('What an environment runs, could roll back to or has pinned always stays.');

const watchConfigSchema = z.strictObject({
  environment: environmentNameSchema
    .optional()
    .describe('Where `gantry build --watch` deploys what passed. Default: the first environment.'),
  debounce: durationSchema
    .prefault('300ms')
    .describe('Quiet time after the last change before a build starts.'),
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
  version: templateSchema(versionTemplateFields)
    .optional()
    .describe(
      'Template for a release’s version: {{tag}}, {{commits}}, {{package}}, {{commit}}, {{branch}}, {{date}}, {{time}}. ' +
        'Default: from the newest version tag, else package.json, else the commit.',
    ),
  build: buildConfigSchema.prefault({}),
  tests: z.array(testConfigSchema).default([]),
  watch: watchConfigSchema.prefault({}),
  registry: registryConfigSchema.prefault({}),
  tags: tagsConfigSchema.prefault({}),
  retention: retentionConfigSchema.prefault({}),
  env: envConfigSchema.prefault({}),
  environments: z
    .record(environmentNameSchema, environmentConfigSchema)
    .refine((environments) => Object.keys(environments).length > 0, 'at least one environment')
    .describe('In the order in which a release travels.'),
});
export type WorkspaceConfigInput = z.input<typeof workspaceConfigSchema>;
export type WorkspaceConfigFile = z.output<typeof workspaceConfigSchema>;
export type EnvConfig = WorkspaceConfigFile['env'];

/** One environment with every default filled in. */
export type Environment = {
  readonly name: z.infer<typeof environmentNameSchema>;
  /** Relative to the workspace folder. */
  readonly envFile: string;
  /** Of the build's matrix; absent where the build has none. */
  readonly cell?: string;
  /** Where its images are put, as it is written; the core falls back to the registry's for targets that pull. */
  readonly repository?: string;
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
  /** Template; absent for the default rule. */
  readonly version?: string;
  readonly build: BuildConfig;
  readonly tests: readonly TestConfig[];
  readonly watch: WorkspaceConfigFile['watch'];
  readonly registry: WorkspaceConfigFile['registry'];
  readonly tags: WorkspaceConfigFile['tags'];
  readonly retention: WorkspaceConfigFile['retention'];
  readonly env: EnvConfig;
  /** In the order in which a release travels. */
  readonly environments: readonly Environment[];
};
