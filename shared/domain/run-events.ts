import * as z from 'zod';
import { errorDetailSchema } from './errors.ts';
import {
  environmentNameSchema,
  envSnapshotIdSchema,
  releaseIdSchema,
  runIdSchema,
  timeSchema,
  workspaceIdSchema,
} from './ids.ts';
import {
  imagePlacedSchema,
  imageRemovedSchema,
  imageRemovingSchema,
  releaseRecordedSchema,
  tagMovedSchema,
  tagsMovingSchema,
} from './image-events.ts';
import { runKindSchema, runOutcomeSchema } from './outcome.ts';
import { plannedStepSchema, planSchema } from './plan.ts';
import { processIdentitySchema } from './processes.ts';
import {
  childEndedSchema,
  childStartedSchema,
  contextSentSchema,
  healthProbedSchema,
  observedEventSchema,
  stepEndedSchema,
  stepHandedOverSchema,
  stepProgressedSchema,
  stepRetriedSchema,
  stepStartedSchema,
  testReportedSchema,
  vertexChangedSchema,
} from './step-events.ts';

/** Who asked, and through which shell. */
export const actorSchema = z.object({
  name: z.string(),
  shell: z.enum(['desktop', 'server', 'cli', 'recovery']),
});
export type Actor = z.infer<typeof actorSchema>;

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
  /** A hold that this run puts on the environment. `by` is absent where it is whoever started the run. */
  hold: z.object({ reason: z.string(), by: z.string().optional() }).optional(),
  error: errorDetailSchema.optional(),
});

/** The only one after its end: nobody means to go on with a run that did not end well. It may stand there once. */
const runGivenUpSchema = z.object({ kind: z.literal('run-given-up'), by: actorSchema });

/** One for each kind. Made when it is asked for: all of them take milliseconds, and most programs meet few. */
const schemaOf = {
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
type Schemas = typeof schemaOf;

/** The facts of a run, appended and never changed. `step` is a step's id. */
export type RunEvent = { [Kind in keyof Schemas]: RunEventOf<Kind> }[keyof Schemas];
export type RunEventOf<Kind extends keyof Schemas> = z.infer<ReturnType<Schemas[Kind]>>;

const kindSchema = z.object({
  kind: z.custom<RunEvent['kind']>((kind) => Object.hasOwn(schemaOf, String(kind)), 'no kind of event'),
});

/** By the schema of the one kind that it is. */
export function checkRunEvent(
  value: unknown,
): z.ZodSafeParseSuccess<RunEvent> | z.ZodSafeParseError<unknown> {
  const known = kindSchema.safeParse(value);
  return known.success ? schemaOf[known.data.kind]().safeParse(value) : known;
}

export const runEventSchema = z.unknown().transform((value, context): RunEvent => {
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
  event: runEventSchema,
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
