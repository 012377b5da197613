import * as z from 'zod';
import { healthCheckSchema, healthRulesSchema } from '#shared/domain/health.ts';

/** Steps about health that the core carries out itself, whatever the target; `core` tells them from a target's own. */
export const healthActionSchema = z.discriminatedUnion('core', [
  z.object({ core: z.literal('check-health'), checks: z.array(healthCheckSchema), rules: healthRulesSchema }),
  z.object({
    core: z.literal('watch'),
    checks: z.array(healthCheckSchema),
    forMs: z.number(),
    intervalMs: z.number(),
    /** In a row until health is lost. */
    failures: z.number(),
  }),
]);
export type HealthAction = z.infer<typeof healthActionSchema>;
export type CheckHealthAction = Extract<HealthAction, { core: 'check-health' }>;
export type WatchAction = Extract<HealthAction, { core: 'watch' }>;
