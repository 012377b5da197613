import * as z from 'zod';

/** Ids are branded strings or numbers, so that a run's id cannot be passed where a release's is wanted. */
export const workspaceIdSchema = z.string().min(1).brand<'WorkspaceId'>();
export type WorkspaceId = z.infer<typeof workspaceIdSchema>;

/** What separates environments in commands, URLs, compose project names and tags, so it stays within all their rules. */
export const environmentNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'starts with a letter and has only a-z, 0-9 and -, at most 31')
  .brand<'EnvironmentName'>();
export type EnvironmentName = z.infer<typeof environmentNameSchema>;

/** `r-` and at least 6 hex digits of the hash of commit, uncommitted changes and image. */
export const releaseIdSchema = z
  .string()
  .regex(/^r-[0-9a-f]{6,64}$/)
  .brand<'ReleaseId'>();
export type ReleaseId = z.infer<typeof releaseIdSchema>;

/** Runs are numbered from 1 in each ledger; the number is what people say and type. */
export const runIdSchema = z.number().int().positive().brand<'RunId'>();
export type RunId = z.infer<typeof runIdSchema>;

export const envSnapshotIdSchema = z
  .string()
  .regex(/^e-[0-9a-f]{64}$/)
  .brand<'EnvSnapshotId'>();
export type EnvSnapshotId = z.infer<typeof envSnapshotIdSchema>;

/** Milliseconds since 1970, UTC. */
export const timeSchema = z.number().int().nonnegative();
export type Time = z.infer<typeof timeSchema>;
