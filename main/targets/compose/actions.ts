import * as z from 'zod';
import { healthCheckSchema, healthRulesSchema } from '#shared/domain/health.ts';

/** What each step needs to know, frozen in the plan. Values of env keys are never part of it. */
const composeUpSchema = z.object({
  project: z.string(),
  workspace: z.string(),
  environment: z.string(),
  /** Empty: as Compose finds it. */
  files: z.array(z.string()),
  /** Absent: by `build:` or image name. */
  services: z.array(z.string()).exactOptional(),
  image: z.string(),
  imageId: z.string(),
  ref: z.string(),
  release: z.string(),
  envFingerprint: z.string(),
  /** Env files of the workspace: what a service reads from them comes from the plan's env instead. */
  envFiles: z.array(z.string()),
  profiles: z.array(z.string()).exactOptional(),
  /** Besides those that the compose file shows to be. */
  oneShots: z.array(z.string()).exactOptional(),
  /** New containers start beside the old ones. */
  isRolling: z.literal(true).exactOptional(),
});

const drainSchema = z.object({
  command: z.tuple([z.string()], z.string()).exactOptional(),
  waitMs: z.number(),
  timeoutMs: z.number(),
});

const waitSchema = z.object({
  kind: z.literal('wait'),
  project: z.string(),
  release: z.string(),
  checks: z.array(healthCheckSchema),
  rules: healthRulesSchema,
});

const rollingWaitSchema = waitSchema.extend({ kind: z.literal('wait-beside'), up: composeUpSchema });

const handOverSchema = z.object({
  kind: z.literal('hand-over'),
  up: composeUpSchema,
  overlapMs: z.number(),
  drain: drainSchema.exactOptional(),
});

const verifySchema = z.object({
  kind: z.literal('verify'),
  project: z.string(),
  release: z.string(),
  imageId: z.string(),
});

const findImageSchema = composeUpSchema.extend({ kind: z.literal('find-image') });
const startSchema = composeUpSchema.extend({ kind: z.literal('start') });
const startBesideSchema = composeUpSchema.extend({ kind: z.literal('start-beside') });

export const composeActionSchema = z.discriminatedUnion('kind', [
  findImageSchema,
  startSchema,
  startBesideSchema,
  waitSchema,
  rollingWaitSchema,
  handOverSchema,
  verifySchema,
]);
export type ComposeAction = z.infer<typeof composeActionSchema>;
export type ComposeUp = z.infer<typeof composeUpSchema>;
/** What Compose must be told to find the same services each time. */
export type ProjectOf = Pick<ComposeUp, 'project' | 'profiles'>;
export type WaitAction = z.infer<typeof waitSchema>;
export type RollingWaitAction = z.infer<typeof rollingWaitSchema>;
export type HandOverAction = z.infer<typeof handOverSchema>;
export type VerifyAction = z.infer<typeof verifySchema>;
