import * as z from 'zod';
import {
  environmentNameSchema,
  envSnapshotIdSchema,
  releaseIdSchema,
  runIdSchema,
  timeSchema,
  workspaceIdSchema,
} from './ids.ts';
import { processIdentitySchema } from './processes.ts';
import { actorSchema } from './run-events.ts';

/** What the last run that ended well left in an environment. */
export const environmentStateSchema = z.object({
  workspaceId: workspaceIdSchema,
  environment: environmentNameSchema,
  release: releaseIdSchema,
  envSnapshot: envSnapshotIdSchema.optional(),
  runId: runIdSchema,
  at: timeSchema,
  /** It was asked for, and nobody saw it run. */
  isUnverified: z.literal(true).optional(),
});
export type EnvironmentState = z.infer<typeof environmentStateSchema>;

export const holdSchema = z.object({
  reason: z.string(),
  by: z.string(),
  at: timeSchema,
  /** The run that put it there; absent when a person did. */
  runId: runIdSchema.optional(),
});
export type Hold = z.infer<typeof holdSchema>;

export const leaseSchema = z.object({
  runId: runIdSchema,
  owner: processIdentitySchema,
  by: actorSchema,
  /** What it is held for, such as `promote r-77ab10`. */
  reason: z.string(),
  takenAt: timeSchema,
  heartbeatAt: timeSchema,
  /** Rises with every lease on this environment, so that a holder that lost it can be told apart. */
  token: z.number().int(),
});
export type Lease = z.infer<typeof leaseSchema>;
