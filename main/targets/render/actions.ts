import * as z from 'zod';

/** What each step needs to know, frozen in the plan. Keys and hooks are named by reference only. */
const imageSchema = z.object({
  repository: z.string(),
  /** The release's own name there. */
  from: z.string(),
  /** Absent before the release's first push. */
  digest: z.string().exactOptional(),
});

const apiSchema = imageSchema.extend({
  service: z.string(),
  baseUrl: z.string(),
  apiKey: z.string(),
  pollMs: z.number(),
});

const checkServiceSchema = apiSchema.extend({ kind: z.literal('check-service') });
const deploySchema = apiSchema.extend({ kind: z.literal('deploy') });
const verifySchema = apiSchema.extend({ kind: z.literal('verify') });
const findImageSchema = imageSchema.extend({ kind: z.literal('find-image') });
const triggerSchema = imageSchema.extend({
  kind: z.literal('trigger'),
  service: z.string(),
  hookBase: z.string(),
  deployHook: z.string(),
});

export const renderActionSchema = z.discriminatedUnion('kind', [
  checkServiceSchema,
  deploySchema,
  verifySchema,
  findImageSchema,
  triggerSchema,
]);
export type RenderAction = z.infer<typeof renderActionSchema>;
export type ImageAction = z.infer<typeof imageSchema>;
export type ApiAction = z.infer<typeof apiSchema>;
export type TriggerAction = z.infer<typeof triggerSchema>;
