import * as z from 'zod';
import { environmentNameSchema, runIdSchema, timeSchema } from './ids.ts';

/** The loop that rebuilds, tests again and deploys on every change; it lives in the process that started it. */
export const watchStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('off') }),
  z.object({
    kind: z.literal('on'),
    /** Absent where it only builds and tests. */
    environment: environmentNameSchema.optional(),
    since: timeSchema,
    /** `waiting`: for the next change. `settling`: changes come in. */
    phase: z.enum(['waiting', 'settling', 'building', 'deploying']),
    /** The newest run of the loop. */
    runId: runIdSchema.optional(),
    /** What started the newest round, below the workspace folder; the first of them. Empty for the first round. */
    changed: z.array(z.string()),
    /** How many there are besides those that are named. */
    changedMore: z.number().int().min(1).optional(),
    /** When the first of these changes was seen. */
    changedAt: timeSchema.optional(),
    /** What the newest round came to, where it ended well. */
    done: z.string().optional(),
    /** Why the newest round ended without a deploy; the loop goes on with the next change. */
    trouble: z.string().optional(),
  }),
]);
export type WatchState = z.infer<typeof watchStateSchema>;
