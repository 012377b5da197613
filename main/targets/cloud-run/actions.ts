import * as z from 'zod';
import { healthCheckSchema, healthRulesSchema } from '#shared/domain/health.ts';
import { serviceAtSchema } from './config.ts';

const imageSchema = z.object({
  repository: z.string(),
  /** The release's own name there; its digest is what Cloud Run gets. */
  from: z.string(),
  /** As it was planned; absent before the release's first push. */
  digest: z.string().optional(),
});

const about = { at: serviceAtSchema, image: imageSchema, container: z.string().optional() };

const validateSchema = z.object({ kind: z.literal('validate'), ...about });
export type ValidateAction = z.output<typeof validateSchema>;

const createSchema = z.object({
  kind: z.literal('create'),
  ...about,
  tag: z.string(),
  /** The newest revision as it was planned; null where there was none. */
  newest: z.string().nullable(),
  /** Revisions with traffic, as it was planned. */
  serving: z.array(z.string()),
});
export type CreateAction = z.output<typeof createSchema>;

const smokeSchema = z.object({
  kind: z.literal('smoke'),
  ...about,
  tag: z.string(),
  check: healthCheckSchema,
  rules: healthRulesSchema,
});
export type SmokeAction = z.output<typeof smokeSchema>;

const watchSchema = z.object({
  checks: z.array(healthCheckSchema),
  forMs: z.number(),
  intervalMs: z.number(),
  /** In a row until health is lost. */
  failures: z.number(),
});
export type CanaryWatch = z.output<typeof watchSchema>;

const shiftSchema = z.object({
  kind: z.literal('shift'),
  ...about,
  tag: z.string(),
  percent: z.number(),
  /** An earlier revision that takes over again; absent for the one that this run made. */
  revision: z.string().optional(),
  serving: z.array(z.string()),
  watch: watchSchema.optional(),
});
export type ShiftAction = z.output<typeof shiftSchema>;

const verifySchema = z.object({ kind: z.literal('verify'), ...about, tag: z.string() });
export type VerifyAction = z.output<typeof verifySchema>;

export const cloudRunActionSchema = z.discriminatedUnion('kind', [
  validateSchema,
  createSchema,
  smokeSchema,
  shiftSchema,
  verifySchema,
]);
