import * as z from 'zod';
import { errorDetailSchema } from './errors.ts';
import {
  environmentNameSchema,
  envSnapshotIdSchema,
  releaseIdSchema,
  runIdSchema,
  type Time,
  timeSchema,
  workspaceIdSchema,
} from './ids.ts';
import { runKindSchema, runOutcomeSchema, stepOutcomeSchema } from './outcome.ts';
import { actorSchema } from './run-events.ts';

export const stepViewSchema = z.object({
  id: z.string(),
  title: z.string(),
  detail: z.string(),
  repeatable: z.boolean(),
  changes: z.boolean(),
  /** Belongs to the rollback inside this run. */
  isRollback: z.boolean(),
  state: z.union([z.literal('not-yet'), z.literal('running'), stepOutcomeSchema]),
  startedAt: timeSchema.optional(),
  endedAt: timeSchema.optional(),
  deadlineAt: timeSchema.optional(),
  /** When it is over where all goes well, of one that takes its time on purpose: watching. */
  overAt: timeSchema.optional(),
  /** The try that it is at, or ended with; absent where the first was enough. */
  attempt: z.number().int().optional(),
  /** The newest progress while it runs, the outcome's sentence afterwards. */
  text: z.string(),
  error: errorDetailSchema.optional(),
  /** It did what it could, and nobody can be asked what came of it: never called succeeded. */
  isUnverified: z.literal(true).optional(),
});
export type StepView = z.infer<typeof stepViewSchema>;

/** The step under way that only watches what has arrived: to cancel now ends the watching and takes nothing back. */
export function watchedNow(steps: readonly StepView[]): (StepView & { readonly overAt: Time }) | undefined {
  for (const { overAt, ...step } of steps) {
    if (step.state === 'running' && overAt !== undefined) return { ...step, overAt };
  }
  return undefined;
}

/** A run as lists show it; everything here is folded from its events. */
export const runSummarySchema = z.object({
  id: runIdSchema,
  workspaceId: workspaceIdSchema,
  kind: runKindSchema,
  environment: environmentNameSchema.optional(),
  from: environmentNameSchema.optional(),
  release: releaseIdSchema.optional(),
  previousRelease: releaseIdSchema.optional(),
  version: z.string().optional(),
  envSnapshot: envSnapshotIdSchema.optional(),
  by: actorSchema,
  note: z.string().optional(),
  /** The run that this one goes on with. */
  retryOf: runIdSchema.optional(),
  state: z.union([z.literal('running'), runOutcomeSchema]),
  recovered: z.boolean(),
  isCancelRequested: z.boolean(),
  startedAt: timeSchema,
  endedAt: timeSchema.optional(),
  summary: z.string(),
  /** A person left it as it had ended; nothing goes on from it any more. */
  givenUp: z.object({ by: actorSchema, at: timeSchema }).optional(),
  stepsDone: z.number(),
  stepsTotal: z.number(),
});
export type RunSummary = z.infer<typeof runSummarySchema>;

/** How it ended, for lists; begins with who gave it up. */
export function endText({ summary, givenUp }: Pick<RunSummary, 'summary' | 'givenUp'>): string {
  return givenUp === undefined ? summary : `given up by ${givenUp.by.name}; ${summary}`;
}

/** "Step 3 of 5": the step under way, or the last one when none is. */
export function stepPlace(run: Pick<RunSummary, 'stepsDone' | 'stepsTotal'>): {
  readonly at: number;
  readonly total: number;
} {
  const total = Math.max(1, run.stepsTotal);
  return { at: Math.min(total, run.stepsDone + 1), total };
}
