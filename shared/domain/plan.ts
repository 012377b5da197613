import * as z from 'zod';
import { envKeyChangeSchema } from './env-diff.ts';
import {
  environmentNameSchema,
  envSnapshotIdSchema,
  releaseIdSchema,
  timeSchema,
  workspaceIdSchema,
} from './ids.ts';
import { imageDiffSchema } from './image-diff.ts';
import { commitSchema } from './release.ts';

/** What a person asks for. `release` is filled in by the planner, so that a request taken from a plan is frozen. */
export const planRequestSchema = z.object({
  workspaceId: workspaceIdSchema,
  kind: z.enum(['deploy', 'promote', 'rollback']),
  to: environmentNameSchema,
  /** Only for a promotion; default: the environment before `to`. */
  from: environmentNameSchema.optional(),
  /** Default: deploy - the newest release; promote - what `from` runs; rollback - what ran before. */
  release: releaseIdSchema.optional(),
  /** Only for a rollback: the env snapshot to restore. Default: the one that release last ran with here. */
  envSnapshot: envSnapshotIdSchema.optional(),
});
export type PlanRequest = z.infer<typeof planRequestSchema>;

/** One unit of work, decided before anything is touched. `action` is the target's own data. */
export const plannedStepSchema = z.object({
  id: z.string(),
  title: z.string(),
  detail: z.string(),
  action: z.json(),
  /** Whether doing it twice is the same as doing it once; a step that is not is never sent again after a crash. */
  repeatable: z.boolean(),
  /** Whether the world is different once it has begun; a failure before the first of these needs no rollback. */
  changes: z.boolean(),
  timeoutMs: z.number().int().positive(),
  /** How long it takes where all goes well, of one that takes its time on purpose: watching. */
  lastsMs: z.number().int().positive().optional(),
  /** How often it is tried where it ends `errored`, all within its time. Default: see `triesOf`. */
  tries: z.number().int().positive().optional(),
  /** Of an environment that is several places: which of them. What was not begun there does not go back there. */
  part: z.string().optional(),
});
export type PlannedStep = z.infer<typeof plannedStepSchema>;

export const warningSchema = z.object({
  level: z.enum(['block', 'note']),
  what: z.string(),
  detail: z.string(),
  /** The part of the plan it is about. */
  about: z.enum(['commits', 'env', 'image', 'target', 'release']),
});
export type Warning = z.infer<typeof warningSchema>;

export const gateSchema = z.object({
  id: z.enum(['order', 'tests', 'hold']),
  title: z.string(),
  state: z.enum(['open', 'closed-for-now', 'closed']),
  detail: z.string(),
});
export type Gate = z.infer<typeof gateSchema>;

/** A release as plans, boards and lists name it. */
export const releaseSummarySchema = z.object({
  id: releaseIdSchema,
  version: z.string(),
  /** Of the build's matrix: the one whose image this is about. Absent without a matrix. */
  cell: z.string().optional(),
  imageId: z.string(),
  /** Its own tag, which never moves. */
  ref: z.string(),
  size: z.number(),
  commit: commitSchema.optional(),
  branch: z.string().optional(),
  uncommittedFiles: z.number(),
  builtAt: timeSchema,
});
export type ReleaseSummary = z.infer<typeof releaseSummarySchema>;

export const commitDiffSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('known'),
    /** `forward`: right is ahead. `diverged`: each has commits the other has not. */
    direction: z.enum(['same', 'forward', 'backward', 'diverged']),
    /** Commits on the newer side only, newest first; for `diverged` those that the right has. */
    commits: z.array(commitSchema),
    filesChanged: z.number(),
    insertions: z.number(),
    deletions: z.number(),
  }),
  /** No git, no commit recorded, or the commit is no longer in the repository. */
  z.object({ kind: z.literal('unknown'), why: z.string() }),
]);
export type CommitDiff = z.infer<typeof commitDiffSchema>;

export const settingChangeSchema = z.object({
  path: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});
export type SettingChange = z.infer<typeof settingChangeSchema>;

export const planDiffSchema = z.object({
  commits: commitDiffSchema,
  /** The environment's keys now and after this plan. */
  env: z.array(envKeyChangeSchema),
  /** Keys of the environment the release comes from beside those of this one after the plan; absent unless a promotion. */
  envFrom: z.array(envKeyChangeSchema).optional(),
  image: imageDiffSchema,
  target: z.array(settingChangeSchema),
});

export const planEnvSchema = z.discriminatedUnion('kind', [
  /** Read from the env file as it is now. */
  z.object({ kind: z.literal('file'), file: z.string(), fingerprint: z.string() }),
  /** Restored from an earlier deploy. */
  z.object({ kind: z.literal('snapshot'), id: envSnapshotIdSchema, takenAt: timeSchema }),
]);
export type PlanEnv = z.infer<typeof planEnvSchema>;

/** How a release's image comes to where its target looks for it. Sizes are in bytes. */
export const availabilitySchema = z.discriminatedUnion('kind', [
  /** In the registry already. */
  z.object({ kind: z.literal('there'), ref: z.string(), digest: z.string() }),
  /** Carried inside or between registries by its digest. */
  z.object({
    kind: z.literal('promote'),
    ref: z.string(),
    digest: z.string(),
    /** `repository@digest` */
    from: z.string(),
    isSameRegistry: z.boolean(),
    bytes: z.number(),
  }),
  /** Pushed from this engine; what the registry calls it is known afterwards. */
  z.object({ kind: z.literal('push'), ref: z.string(), imageId: z.string(), bytes: z.number() }),
  /** Fetched to this engine, or to the named one that the environment is on. */
  z.object({
    kind: z.literal('pull'),
    engine: z.string().optional(),
    /** `repository@digest`; `repository:tag` where the digest is known only after a push in the same plan. */
    from: z.string(),
    imageId: z.string(),
    /** Gets it again, should it have lost it. */
    ref: z.string(),
    bytes: z.number(),
  }),
  /** Saved on this engine and loaded on the one that the environment is on, at once. */
  z.object({
    kind: z.literal('load'),
    engine: z.string(),
    imageId: z.string(),
    /** The name that it gets there. */
    ref: z.string(),
    /** Of the layers that travel. */
    bytes: z.number(),
    layers: z.number(),
    /** Layers that are there already. */
    present: z.number(),
  }),
]);
export type Availability = z.infer<typeof availabilitySchema>;

/** A further name that a deploy gives the image in its registry. */
export const tagChangeSchema = z.object({
  ref: z.string(),
  isMoving: z.boolean(),
  /** The digest it names now; absent where there is no such name yet. */
  before: z.string().optional(),
  /** Absent where it is known after a push only. */
  after: z.string().optional(),
});
export type TagChange = z.infer<typeof tagChangeSchema>;

export const planSchema = z.object({
  /** SHA-256 over everything in the plan but the clock; equal hashes mean equal plans. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: timeSchema,
  request: planRequestSchema,
  environment: environmentNameSchema,
  release: releaseSummarySchema,
  /** What the ledger says runs there; absent on a first deploy. */
  previous: releaseSummarySchema.optional(),
  /** What runs there although no run of this workspace put it there, such as `web runs shop:1`. */
  foreign: z.string().optional(),
  env: planEnvSchema,
  diff: planDiffSchema,
  /** Absent where the image is already where the target looks, and no registry has a part in it. */
  availability: z.array(availabilitySchema).optional(),
  tags: z.array(tagChangeSchema).optional(),
  warnings: z.array(warningSchema),
  gates: z.array(gateSchema),
  steps: z.array(plannedStepSchema),
  confirm: z.enum(['click', 'typed']),
  onFailure: z.enum(['roll-back', 'stay']),
  target: z.object({ kind: z.string(), label: z.string() }),
  /** How long the last successful run of this kind here took. */
  lastDurationMs: z.number().optional(),
});
export type Plan = z.infer<typeof planSchema>;

/** Of a step that changes or looks at the world; what may be done once only is tried once, whatever it says. */
export function triesOf(step: Pick<PlannedStep, 'repeatable' | 'tries' | 'lastsMs'>): number {
  if (!step.repeatable || isWatch(step)) return 1;
  return step.tries ?? 3;
}

/** A step that takes its time on purpose: what it watches has arrived before it. */
export function isWatch({ lastsMs }: { readonly lastsMs?: number | undefined }): boolean {
  return lastsMs !== undefined;
}

/**
 * Whether an environment is held once a run has gone back by itself. Where its name must be typed, always: nobody should
 * bring the same failure back by habit. Elsewhere only where a release that had arrived was lost while it was watched: a
 * deploy that never came up is mended and repeated.
 */
export function holdsAfterGoingBack({ confirm }: Pick<Plan, 'confirm'>, fromWatch: boolean): boolean {
  return confirm === 'typed' || fromWatch;
}

export type PlanVerdict =
  | { readonly kind: 'ready' }
  | { readonly kind: 'blocked'; readonly warnings: readonly Warning[] }
  | { readonly kind: 'gated'; readonly gates: readonly Gate[] };

/** Blocking warnings first: a person can mend those, a gate may only need time. */
export function verdictOf(plan: Pick<Plan, 'warnings' | 'gates'>): PlanVerdict {
  const warnings = plan.warnings.filter((warning) => warning.level === 'block');
  if (warnings.length > 0) return { kind: 'blocked', warnings };
  const gates = plan.gates.filter((gate) => gate.state !== 'open');
  return gates.length > 0 ? { kind: 'gated', gates } : { kind: 'ready' };
}
