import * as z from 'zod';
import { errorDetailSchema, problemSchema } from './errors.ts';
import { probeSchema } from './health.ts';
import { timeSchema } from './ids.ts';
import { observedSchema } from './observed.ts';
import { stepOutcomeSchema } from './outcome.ts';
import { processIdentitySchema } from './processes.ts';
import { testCountsSchema } from './release.ts';

// What a run's log says of its steps; `step` is a step's id.

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

export const stepStartedSchema = z.object({ kind: z.literal('step-started'), step: z.string() });

/** What a running step has to say right now, such as `healthy 2 of 3 times`. */
export const stepProgressedSchema = z.object({
  kind: z.literal('step-progressed'),
  step: z.string(),
  text: z.string(),
});

/** What the other side calls the work that the step just asked of it. */
export const stepHandedOverSchema = z.object({
  kind: z.literal('step-handed-over'),
  step: z.string(),
  handle: z.string(),
});

export const vertexChangedSchema = z.object({
  kind: z.literal('vertex-changed'),
  step: z.string(),
  vertex: vertexSchema,
});

/** What of the build context the engine did not have yet. */
export const contextSentSchema = z.object({
  kind: z.literal('context-sent'),
  step: z.string(),
  files: z.number(),
  bytes: z.number(),
  /** Below the context, the first of them by name; `files` counts all. */
  names: z.array(z.string()),
  /** The engine had nothing of this context yet, so the names say nothing about changes. */
  isFirst: z.boolean(),
});

export const testReportedSchema = z.object({
  kind: z.literal('test-reported'),
  step: z.string(),
  counts: testCountsSchema,
  /** The first of those that failed. */
  failures: z.array(z.object({ name: z.string(), message: z.string() })),
});

/** A child process that may survive us. */
export const childStartedSchema = z.object({
  kind: z.literal('child-started'),
  step: z.string(),
  child: processIdentitySchema,
  what: z.string(),
});

export const childEndedSchema = z.object({
  kind: z.literal('child-ended'),
  step: z.string(),
  pid: z.number(),
  exitCode: z.number().nullable(),
});

export const stepEndedSchema = z.object({
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
export const stepRetriedSchema = z.object({
  kind: z.literal('step-retried'),
  step: z.string(),
  attempt: z.number().int().min(2),
  of: z.number().int().min(2),
  why: z.string(),
  waitMs: z.number().int().nonnegative(),
});

/** What one check of health answered, since the last such event. */
export const healthProbedSchema = z.object({
  kind: z.literal('health-probed'),
  step: z.string(),
  check: z.string(),
  probes: z.array(probeSchema),
});

export const observedEventSchema = z.object({
  kind: z.literal('observed'),
  step: z.string().optional(),
  observed: observedSchema,
});
