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

const buildConfigSchema = z.strictObject({
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

/** A run stays open so long, and keeps its environment. */
const watchTimeSchema = durationSchema.refine((ms) => ms <= 24 * 60 * 60_000, { message: 'at most 24h' });

const statusSchema = z.union([
  z.number().int().min(100).max(599),
  z.string().regex(/^[1-5]\d\d(-[1-5]\d\d)?$/, 'a status such as 204, or a range such as 200-299'),
]);

/** Looked for as it is, or as a regular expression between slashes, which must be one. */
const wantedTextSchema = z
  .string()
  .min(1)
  .refine(isPattern, { message: 'a regular expression that can be read' });

function isPattern(text: string): boolean {
  const [, source, flags] = /^\/(.+)\/([imsu]*)$/s.exec(text) ?? [];
  if (source === undefined) return true;
  try {
    return new RegExp(source, flags) instanceof RegExp;
  } catch {
    return false;
  }
}

const healthUrlSchema = z
  .string()
  .regex(/^\/|^https?:\/\//, 'a path such as /healthz, or a whole http(s) URL');

const portSchema = z.number().int().min(1).max(65_535);

const httpCheckSchema = z.union([
  healthUrlSchema,
  z.strictObject({
    url: healthUrlSchema,
    port: portSchema.exactOptional().describe('Inside the container. Default: the lowest that is published.'),
    status: z
      .union([statusSchema, z.array(statusSchema).min(1)])
      .exactOptional()
      .describe('Default: 200-399. A list may hold single ones and ranges.'),
    body: wantedTextSchema
      .exactOptional()
      .describe('Must be in the answer’s first 64 KiB. Between slashes: a regular expression.'),
    header: z
      .record(z.string().min(1), wantedTextSchema)
      .exactOptional()
      .describe('Must be in these headers of the answer. Between slashes: a regular expression.'),
    send: z
      .record(z.string().min(1), z.string())
      .exactOptional()
      .describe('Headers to send, such as Host. No secrets.'),
  }),
]);

const commandLineSchema = z.tuple([z.string().min(1)], z.string());

const healthConfigSchema = z
  .strictObject({
    http: httpCheckSchema
      .optional()
      .describe('Asked once the place says that it runs. A path goes to where the release serves.'),
    tcp: z
      .union([portSchema, z.string().regex(/^(\[[0-9a-f:.]+\]|[^:/\s]+):\d+$/i, 'a port, or host:port')])
      .optional()
      .describe('Accepts connections: a port inside the container, or host:port.'),
    command: z
      .union([
        commandLineSchema,
        z.strictObject({
          run: commandLineSchema,
          env: z.record(envKeySchema, z.string()).exactOptional(),
        }),
      ])
      .optional()
      .describe(
        'Runs on this machine, in the workspace folder, and must exit with 0. An argument list, no shell.',
      ),
    startPeriod: durationSchema
      .optional()
      .describe('Failures in it do not count, unless there was a success before. Default: the deadline.'),
    interval: durationSchema.prefault('500ms'),
    timeout: durationSchema.optional().describe('Of one answer. Default: 5s.'),
    successes: z.number().int().min(1).max(100).optional().describe('In a row until healthy. Default: 1.'),
    failures: z
      .number()
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe(
        'In a row until unhealthy: after the start period, and while a deploy is watched. Default: 3.',
      ),
    deadline: durationSchema.prefault('2m').describe('From start to healthy.'),
    watch: z
      .union([
        watchTimeSchema,
        z.strictObject({ for: watchTimeSchema, interval: durationSchema.exactOptional() }),
      ])
      .optional()
      .describe(
        'How long a deploy is watched after it, every 2s unless `interval` says otherwise. Where health is lost, the run fails, goes back as onFailure says, and holds the environment. Default: not at all.',
      ),
  })
  .describe('When a deploy counts as healthy, besides the target’s own health check.');
export type HealthConfig = z.output<typeof healthConfigSchema>;

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

/** What a tag template may name, in the order in which help lists them. */
export const tagTemplateFields = ['version', 'commit', 'branch', 'release', 'environment', 'date'] as const;

/** What the template of a release's version may name. */
export const versionTemplateFields = [
  'tag',
  'commits',
  'package',
  'commit',
  'branch',
  'date',
  'time',
] as const;

const templateSchema = (fields: readonly string[]) =>
  z
    .string()
    .min(1)
    .refine(
      (template) =>
        [...template.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].every(([, field]) =>
          fields.some((known) => known === field),
        ),
      { message: `only {{${fields.join('}}, {{')}}} as fields` },
    );

const tagTemplateSchema = templateSchema(tagTemplateFields).describe(
  'Fields: {{version}}, {{commit}}, {{branch}}, {{release}}, {{environment}}, {{date}}.',
);

const tagsConfigSchema = z
  .strictObject({
    release: z
      .array(tagTemplateSchema)
      .default(['{{version}}', '{{commit}}'])
      .describe('Names a release gets when it is built, beside its own, which never moves.'),
    immutable: z
      .array(tagTemplateSchema)
      .default([])
      .describe('Names that a deploy gives in the environment’s repository and that refuse to move.'),
    moving: z
      .array(tagTemplateSchema)
      .default(['{{environment}}'])
      .describe('Names that a deploy moves there, such as latest; where they pointed before is recorded.'),
  })
  .describe('Further names of images.');

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
export type BuildConfig = WorkspaceConfigFile['build'];
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
