import * as z from 'zod';
import { enginePackagesSchema } from './packages.ts';

/** What the supervisor is told when it starts (one JSON argument) and over its IPC channel. */
export const supervisorOrderSchema = z.object({
  runs: z.string(),
  lock: z.string(),
  store: z.enum(['classic', 'containerd']),
  clipsLogs: z.boolean(),
  tls: z.object({ port: z.number(), folder: z.string() }).optional(),
  packages: enginePackagesSchema,
});
export type SupervisorOrder = z.infer<typeof supervisorOrderSchema>;

export const supervisorRequestSchema = z.object({
  n: z.number(),
  want: z.enum(['start-daemon', 'stop-daemon', 'kill-daemon', 'stop']),
});
export type SupervisorRequest = z.infer<typeof supervisorRequestSchema>;

/** `n` 0 answers the start itself. */
export const supervisorAnswerSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    n: z.number(),
    folder: z.string(),
    socket: z.string(),
    dockerConfig: z.string(),
    log: z.string(),
  }),
  z.object({ kind: z.literal('failed'), n: z.number(), message: z.string(), hint: z.string() }),
]);
export type SupervisorAnswer = z.infer<typeof supervisorAnswerSchema>;
