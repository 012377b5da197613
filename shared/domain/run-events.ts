import * as z from 'zod';
import { errorDetailSchema, problemSchema } from './errors.ts';
import { probeSchema } from './health.ts';
import {
  environmentNameSchema,
  envSnapshotIdSchema,
  releaseIdSchema,
  runIdSchema,
  timeSchema,
  workspaceIdSchema,
} from './ids.ts';
import { observedSchema } from './observed.ts';
import { runKindSchema, runOutcomeSchema, stepOutcomeSchema } from './outcome.ts';
import { plannedStepSchema, planSchema } from './plan.ts';
import { testCountsSchema } from './release.ts';
import { leftNameSchema, registryManifestSchema } from './retention.ts';

/** Who asked, and through which shell. */
export const actorSchema = z.object({
  name: z.string(),
  shell: z.enum(['desktop', 'server', 'cli', 'recovery']),
});
export type Actor = z.infer<typeof actorSchema>;

/** A process, told apart from a later one with the same pid. */
export const processIdentitySchema = z.object({
  bootId: z.string(),
  pid: z.number().int().positive(),
  /** In the operating system's own unit and text; only compared for equality. */
  startTime: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

export const vertexSchema = z.object({
  /** The engine's digest of the build step. */
  id: z.string(),
  name: z.string(),
  inputs: z.array(z.string()),
  state: z.enum(['waiting', 'running', 'done', 'cached', 'failed', 'cancelled']),
  startedAt: timeSchema.optional(),
  endedAt: timeSchema.optional(),
  error: z.string().optional(),
  /** The cell of the build's matrix that first asked for it; cells share what they have in common. */
  cell: z.string().optional(),
  /** Of a download or transfer, as far as the engine counts them. */
  bytes: z.object({ done: z.number(), total: z.number().optional() }).optional(),
  /** What it wrote, and whether the engine cut it short. */
  log: z.object({ bytes: z.number(), isClipped: z.boolean() }).optional(),
  warnings: z.array(problemSchema).optional(),
});
export type Vertex = z.infer<typeof vertexSchema>;

/** `before` is the way back: the image or digest that the name had, where there was one. */
const nameMoveSchema = z.object({ ref: z.string(), before: z.string().optional(), after: z.string() });

const runRequestedSchema = z.object({
  kind: z.literal('run-requested'),
  workspaceId: workspaceIdSchema,
  run: runKindSchema,
  /** Absent for what is in no environment, such as a build. */
  environment: environmentNameSchema.optional(),
  from: environmentNameSchema.optional(),
  /** Absent for a build, which has yet to make one. */
  release: releaseIdSchema.optional(),
  previousRelease: releaseIdSchema.optional(),
  envSnapshot: envSnapshotIdSchema.optional(),
  /** Env keys and keyed hashes, never values. Absent for a build. */
  plan: planSchema.optional(),
  steps: z.array(plannedStepSchema),
  by: actorSchema,
  note: z.string().optional(),
  /** Of a build that was asked to run every step again. */
  noCache: z.boolean().optional(),
  /** The run that this one goes on with, from the first of its own steps on. */
  retryOf: runIdSchema.optional(),
});

const stepStartedSchema = z.object({ kind: z.literal('step-started'), step: z.string() });

/** What a running step has to say right now, such as `healthy 2 of 3 times`. */
const stepProgressedSchema = z.object({
  kind: z.literal('step-progressed'),
  step: z.string(),
  text: z.string(),
});

/** What the other side calls the work that the step just asked of it. */
const stepHandedOverSchema = z.object({
  kind: z.literal('step-handed-over'),
  step: z.string(),
  handle: z.string(),
});

const vertexChangedSchema = z.object({
  kind: z.literal('vertex-changed'),
  step: z.string(),
  vertex: vertexSchema,
});

/** What of the build context the engine did not have yet. */
const contextSentSchema = z.object({
  kind: z.literal('context-sent'),
  step: z.string(),
  files: z.number(),
  bytes: z.number(),
  /** Below the context, the first of them by name; `files` counts all. */
  names: z.array(z.string()),
  /** The engine had nothing of this context yet, so the names say nothing about changes. */
  isFirst: z.boolean(),
});

const testReportedSchema = z.object({
  kind: z.literal('test-reported'),
  step: z.string(),
  counts: testCountsSchema,
  /** The first of those that failed. */
  failures: z.array(z.object({ name: z.string(), message: z.string() })),
});

/** A child process that may survive us. */
const childStartedSchema = z.object({
  kind: z.literal('child-started'),
  step: z.string(),
  child: processIdentitySchema,
  what: z.string(),
});

const childEndedSchema = z.object({
  kind: z.literal('child-ended'),
  step: z.string(),
  pid: z.number(),
  exitCode: z.number().nullable(),
});

const stepEndedSchema = z.object({
  kind: z.literal('step-ended'),
  step: z.string(),
  outcome: stepOutcomeSchema,
  /** One sentence; for `failed` and `errored` it says why. */
  detail: z.string(),
  error: errorDetailSchema.optional(),
  /** Asked for, and nobody can be asked whether it came to be. */
  isUnverified: z.literal(true).optional(),
});

/** It ended `errored` and is tried again after a wait; `attempt` is the one to come, counted from 1. */
const stepRetriedSchema = z.object({
  kind: z.literal('step-retried'),
  step: z.string(),
  attempt: z.number().int().min(2),
  of: z.number().int().min(2),
  why: z.string(),
  waitMs: z.number().int().nonnegative(),
});

/** What one check of health answered, since the last such event. */
const healthProbedSchema = z.object({
  kind: z.literal('health-probed'),
  step: z.string(),
  check: z.string(),
  probes: z.array(probeSchema),
});

const observedEventSchema = z.object({
  kind: z.literal('observed'),
  step: z.string().optional(),
  observed: observedSchema,
});

const releaseRecordedSchema = z.object({
  kind: z.literal('release-recorded'),
  release: releaseIdSchema,
  version: z.string(),
  /** Of the first image, where there are several. */
  imageId: z.string(),
});

/** Before anything is removed, in the transaction in which nothing was found to protect it. */
const imageRemovingSchema = z.object({
  kind: z.literal('image-removing'),
  step: z.string(),
  release: releaseIdSchema,
  /** Ids and digests of its images. */
  digests: z.array(z.string()),
  /** On the engine. */
  names: z.array(z.string()),
  manifests: z.array(registryManifestSchema),
});

/** What of it is removed, and what was left after all. */
const imageRemovedSchema = z.object({
  kind: z.literal('image-removed'),
  step: z.string(),
  release: releaseIdSchema,
  digests: z.array(z.string()),
  names: z.array(z.string()),
  manifests: z.array(registryManifestSchema),
  left: z.array(leftNameSchema),
});

/**
 * An image stands in a registry under this name, as the registry itself said; or, with `engine`, on that engine, where
 * `digest` is the id that the image has there.
 */
const imagePlacedSchema = z.object({
  kind: z.literal('image-placed'),
  step: z.string(),
  release: releaseIdSchema,
  cell: z.string().optional(),
  engine: z.string().optional(),
  repository: z.string(),
  tag: z.string(),
  digest: z.string(),
});

/** Names on this engine, right before they are moved: whether they were is said by `tag-moved`. */
const tagsMovingSchema = z.object({
  kind: z.literal('tags-moving'),
  step: z.string(),
  names: z.array(nameMoveSchema),
});

const tagMovedSchema = z.object({ kind: z.literal('tag-moved'), step: z.string(), ...nameMoveSchema.shape });

/** The same run goes back to what ran before: its steps follow those of the plan. */
const rollbackStartedSchema = z.object({
  kind: z.literal('rollback-started'),
  reason: z.string(),
  release: releaseIdSchema,
  envSnapshot: envSnapshotIdSchema.optional(),
  steps: z.array(plannedStepSchema),
});

const cancelRequestedSchema = z.object({ kind: z.literal('cancel-requested'), by: actorSchema });

/** Another process took over after the owner died. */
const recoveryStartedSchema = z.object({ kind: z.literal('recovery-started'), by: processIdentitySchema });

const runEndedSchema = z.object({
  kind: z.literal('run-ended'),
  outcome: runOutcomeSchema,
  /** One sentence for lists. */
  summary: z.string(),
  recovered: z.boolean(),
  /** What the environment runs from now on; absent where this run leaves the projection as it was. */
  leaves: z.object({ release: releaseIdSchema, envSnapshot: envSnapshotIdSchema.optional() }).optional(),
  /**
   * It stopped while old and new were side by side, and one of them stayed: what ran before, so that nothing of what it
   * had started is there any more, or the release.
   */
  keeps: z.enum(['before', 'release']).optional(),
  /** A hold that this run puts on the environment. */
  /** `by`: absent where it is whoever started the run. */
  hold: z.object({ reason: z.string(), by: z.string().optional() }).optional(),
  error: errorDetailSchema.optional(),
});

/** The only one after its end: nobody means to go on with a run that did not end well. It may stand there once. */
const runGivenUpSchema = z.object({ kind: z.literal('run-given-up'), by: actorSchema });

/**
 * The facts of a run, appended and never changed. `step` is a step's id.
 */
export const runEventSchema = z.discriminatedUnion('kind', [
  runRequestedSchema,
  stepStartedSchema,
  stepProgressedSchema,
  stepHandedOverSchema,
  vertexChangedSchema,
  contextSentSchema,
  testReportedSchema,
  childStartedSchema,
  childEndedSchema,
  stepEndedSchema,
  stepRetriedSchema,
  healthProbedSchema,
  observedEventSchema,
  releaseRecordedSchema,
  imageRemovingSchema,
  imageRemovedSchema,
  imagePlacedSchema,
  tagsMovingSchema,
  tagMovedSchema,
  rollbackStartedSchema,
  cancelRequestedSchema,
  recoveryStartedSchema,
  runEndedSchema,
  runGivenUpSchema,
]);
export type RunEvent = z.infer<typeof runEventSchema>;
export type RunEventOf<Kind extends RunEvent['kind']> = Extract<RunEvent, { kind: Kind }>;

/** For reading one event: the schemas of all kinds take milliseconds to make, and most programs meet few of them. */
const schemaOf: { readonly [Kind in RunEvent['kind']]: () => z.ZodType<RunEventOf<Kind>> } = {
  'run-requested': () => runRequestedSchema,
  'step-started': () => stepStartedSchema,
  'step-progressed': () => stepProgressedSchema,
  'step-handed-over': () => stepHandedOverSchema,
  'vertex-changed': () => vertexChangedSchema,
  'context-sent': () => contextSentSchema,
  'test-reported': () => testReportedSchema,
  'child-started': () => childStartedSchema,
  'child-ended': () => childEndedSchema,
  'step-ended': () => stepEndedSchema,
  'step-retried': () => stepRetriedSchema,
  'health-probed': () => healthProbedSchema,
  observed: () => observedEventSchema,
  'release-recorded': () => releaseRecordedSchema,
  'image-removing': () => imageRemovingSchema,
  'image-removed': () => imageRemovedSchema,
  'image-placed': () => imagePlacedSchema,
  'tags-moving': () => tagsMovingSchema,
  'tag-moved': () => tagMovedSchema,
  'rollback-started': () => rollbackStartedSchema,
  'cancel-requested': () => cancelRequestedSchema,
  'recovery-started': () => recoveryStartedSchema,
  'run-ended': () => runEndedSchema,
  'run-given-up': () => runGivenUpSchema,
};

/** As `runEventSchema` does, by the schema of the one kind that it is. */
export function checkRunEvent(value: unknown): z.ZodSafeParseResult<RunEvent> {
  const kind = kindSchema.safeParse(value);
  // In the words of the whole, which knows what there is.
  return kind.success ? schemaOf[kind.data.kind]().safeParse(value) : runEventSchema.safeParse(value);
}

const kindSchema = z.object({
  kind: z.custom<RunEvent['kind']>((kind) => Object.hasOwn(schemaOf, String(kind))),
});

/** An event by the schema of its own kind: two dozen others need not be made for it. */
export const anyEventSchema = z.unknown().transform((value, context): RunEvent => {
  const checked = checkRunEvent(value);
  if (checked.success) return checked.data;
  context.addIssue({ code: 'custom', message: z.prettifyError(checked.error) });
  return z.NEVER;
});

/** A committed event. `n` counts from 1 within its run; `seq` rises over the whole ledger. */
export const recordedEventSchema = z.object({
  seq: z.number().int().positive(),
  runId: runIdSchema,
  n: z.number().int().positive(),
  at: timeSchema,
  event: anyEventSchema,
});
export type RecordedEvent = z.infer<typeof recordedEventSchema>;

export const logLineSchema = z.object({
  /** Counts from 1 within the run. */
  n: z.number().int().positive(),
  at: timeSchema,
  step: z.string(),
  /** What wrote it: `gantry`, a service, a build step, a test. */
  source: z.string(),
  level: z.enum(['out', 'err', 'note']),
  /** After redaction; no line break. */
  text: z.string(),
});
export type LogLine = z.infer<typeof logLineSchema>;
