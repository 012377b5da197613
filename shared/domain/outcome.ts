import * as z from 'zod';

/**
 * How a step ended. `failed`: the answer was no. `errored`: we could not find out.
 */
export const stepOutcomeSchema = z.enum(['succeeded', 'failed', 'errored', 'skipped', 'cancelled']);
export type StepOutcome = z.infer<typeof stepOutcomeSchema>;

/**
 * How a run ended. `rolled-back`: it failed and the environment is back where it was. `unverified`: triggered, but
 * it cannot be observed. `interrupted`: the process died, and what happened is unknown or partial.
 */
export const runOutcomeSchema = z.enum([
  'succeeded',
  'failed',
  'errored',
  'cancelled',
  'rolled-back',
  'unverified',
  'interrupted',
]);
export type RunOutcome = z.infer<typeof runOutcomeSchema>;

export const runKindSchema = z.enum([
  'build',
  'adopt',
  'deploy',
  'promote',
  'rollback',
  'push',
  'tag',
  'prune',
]);
export type RunKind = z.infer<typeof runKindSchema>;
