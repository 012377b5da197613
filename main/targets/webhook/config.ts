import * as z from 'zod';
import { durationSchema } from '#shared/domain/duration.ts';
import { templateSchema } from '../wished/fields.ts';
import { referencePattern, referenceSchema } from '../wished/references.ts';

function isAddress(text: string): boolean {
  if (referencePattern.test(text)) return true;
  const url = URL.parse(text.replaceAll(/\{\{[^{}]*\}\}/g, 'x'));
  return (
    (url?.protocol === 'https:' || url?.protocol === 'http:') && url.username === '' && url.password === ''
  );
}

const addressSchema = templateSchema.refine(isAddress, {
  message:
    'an http or https address without a password in it, or a reference such as secret://env/DEPLOY_HOOK',
});

const patternSchema = z.string().refine(isPattern, { message: 'a regular expression' });
function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

const headersSchema = z
  .record(z.string().regex(/^[A-Za-z0-9-]+$/, 'a header’s name'), z.union([referenceSchema, templateSchema]))
  .default({})
  .describe('Headers; a value may be a reference such as secret://env/DEPLOY_TOKEN.');

const observeSchema = z
  .strictObject({
    url: addressSchema.describe('Asked with GET.'),
    headers: headersSchema,
    json: z
      .string()
      .regex(
        /^[^.\s]+(\.[^.\s]+)*$/,
        'names with dots between them, such as app.image.digest or pods.0.image',
      )
      .optional()
      .describe('Where in the JSON answer the digest or release stands, such as app.digest.'),
    match: patternSchema
      .optional()
      .describe('A regular expression; its first group, or all of it, holds the digest or release.'),
    timeout: durationSchema.prefault('10s').describe('How long one answer may take. Default: 10s'),
    poll: durationSchema.prefault('2s').describe('How often it is asked. Default: 2s'),
    deadline: durationSchema
      .prefault('10m')
      .describe('How long the release may take until it is live. Default: 10m'),
  })
  .refine(({ json, match }) => json === undefined || match === undefined, {
    message: 'either json or match, not both',
  })
  .describe('Tells what is live. Without it every deploy ends as unverified.');

export const webhookConfigSchema = z
  .strictObject({
    kind: z.literal('webhook'),
    url: addressSchema.describe('What is called; may be a reference, or hold fields such as {{digest}}.'),
    method: z.enum(['POST', 'PUT', 'PATCH', 'GET', 'DELETE']).default('POST').describe('Default: POST'),
    headers: headersSchema,
    body: z
      .union([templateSchema, z.record(z.string(), z.json())])
      .optional()
      .describe('A text, or JSON as YAML writes it, with fields such as {{release}}.'),
    repository: z
      .string()
      .regex(/^[^\s@]+$/, 'an image name without a digest')
      .refine((name) => !/:[^/]*$/.test(name), { message: 'an image name without a tag' })
      .optional()
      .describe(
        'Where the image is put first, so that {{image}} is pulled by digest. Default: only on the engine.',
      ),
    expect: z
      .strictObject({
        status: z.array(z.int().min(100).max(599)).min(1).optional().describe('Default: 200 to 299.'),
        match: patternSchema.optional().describe('A regular expression that the answer’s body must match.'),
      })
      .default({})
      .describe('What the answer must be for the call to count as taken.'),
    timeout: durationSchema.prefault('30s').describe('How long the answer may take. Default: 30s'),
    idempotent: z
      .boolean()
      .default(false)
      .describe('The same call twice does what one does: only then may it be sent again. Default: false'),
    observe: observeSchema.optional(),
  })
  .superRefine(({ body }, context) => {
    for (const text of body === undefined ? [] : textsIn(body)) {
      const { error } = templateSchema.safeParse(text);
      for (const issue of error?.issues ?? []) {
        context.addIssue({ code: 'custom', path: ['body'], message: issue.message });
      }
    }
  })
  .describe('Anything that deploys when an address is called.');
export type WebhookConfig = z.output<typeof webhookConfigSchema>;
export type WebhookObserve = z.output<typeof observeSchema>;

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : [];
}

/** In the plan as they are in gantry.yml, with what is by default filled in: references stay references. */
export const askSchema = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  json: z.string().exactOptional(),
  match: z.string().exactOptional(),
  timeoutMs: z.number(),
  pollMs: z.number(),
  deadlineMs: z.number(),
});
export type Ask = z.infer<typeof askSchema>;

export function askOf({ timeout, poll, deadline, json, match, url, headers }: WebhookObserve): Ask {
  return {
    url,
    headers,
    ...(json === undefined ? {} : { json }),
    ...(match === undefined ? {} : { match }),
    timeoutMs: timeout,
    pollMs: poll,
    deadlineMs: deadline,
  };
}
