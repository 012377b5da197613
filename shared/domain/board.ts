import * as z from 'zod';
import { envKeyChangeSchema } from './env-diff.ts';
import { environmentStateSchema, holdSchema, leaseSchema } from './environment-state.ts';
import { environmentNameSchema, timeSchema } from './ids.ts';
import { imageDiffSchema } from './image-diff.ts';
import { imagePresenceSchema } from './image-list.ts';
import { observedSchema } from './observed.ts';
import { commitDiffSchema, releaseSummarySchema, settingChangeSchema } from './plan.ts';
import { runSummarySchema } from './run.ts';
import { workspaceViewSchema } from './workspace.ts';

export const driftSchema = z.object({ what: z.string(), changes: z.array(settingChangeSchema) });
export type Drift = z.infer<typeof driftSchema>;

export const boardEnvironmentSchema = z.object({
  name: environmentNameSchema,
  confirm: z.enum(['click', 'typed']),
  envFile: z.string(),
  /** Absent when the env file is missing or malformed; `problem` then says so. */
  envKeyCount: z.number().optional(),
  problem: z.string().optional(),
  /** `label` is the place in the target's words, such as the compose project. */
  target: z.object({ kind: z.string(), label: z.string(), detail: z.string() }),
  state: environmentStateSchema.optional(),
  /** What the ledger says runs there. */
  release: releaseSummarySchema.optional(),
  /** What the place knows the release's image by: the engine's id, or the digest in the registry that it pulls from. */
  image: z.string().optional(),
  deployedBy: z.string().optional(),
  observed: observedSchema,
  drift: driftSchema.optional(),
  hold: holdSchema.optional(),
  lease: leaseSchema.optional(),
  currentRun: runSummarySchema.optional(),
  /** The newest run here that did not end well, while nothing newer succeeded. */
  failedRun: runSummarySchema.optional(),
  /** Where `roll back` would go, and whether its image still exists; absent when there is nothing earlier. */
  rollbackTo: releaseSummarySchema.extend({ image: imagePresenceSchema }).optional(),
});
export type BoardEnvironment = z.infer<typeof boardEnvironmentSchema>;

export const gapSchema = z.object({
  left: environmentNameSchema,
  right: environmentNameSchema,
  /** `ahead`: the left has what the right lacks. `behind`: a hotfix went around. `nothing`: the left is empty. */
  relation: z.enum(['in-sync', 'ahead', 'behind', 'nothing']),
  /** Releases built after the right's, up to the left's; absent where one side is empty. */
  releasesAhead: z.number().optional(),
  commits: commitDiffSchema,
  /** Absent where one side is empty. */
  image: imageDiffSchema.optional(),
  /** Env keys that are not the same in the two env files. */
  env: z.array(envKeyChangeSchema),
  target: z.array(settingChangeSchema),
  /** A promotion across this gap would be refused for these; sentences. */
  blocked: z.array(z.string()),
});
export type Gap = z.infer<typeof gapSchema>;

export const boardSchema = z.object({
  workspace: workspaceViewSchema,
  at: timeSchema,
  environments: z.array(boardEnvironmentSchema),
  /** One between each pair of neighbours, in order. */
  gaps: z.array(gapSchema),
  /** The newest release whether or not it runs anywhere. */
  newestRelease: releaseSummarySchema.optional(),
  /** A build that runs now. */
  build: runSummarySchema.optional(),
});
export type Board = z.infer<typeof boardSchema>;

/** Any two environments or releases, side by side. */
export const comparisonSchema = z.object({
  left: z.object({ name: z.string(), release: releaseSummarySchema.optional() }),
  right: z.object({ name: z.string(), release: releaseSummarySchema.optional() }),
  commits: commitDiffSchema,
  /** Absent where a side is a release and not an environment. */
  env: z.array(envKeyChangeSchema).optional(),
  image: imageDiffSchema.optional(),
  target: z.array(settingChangeSchema).optional(),
});
export type Comparison = z.infer<typeof comparisonSchema>;
