import * as z from 'zod';
import { envKeySchema } from './config-values.ts';
import { durationSchema } from './duration.ts';

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

export const healthConfigSchema = z
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
