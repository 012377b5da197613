import * as z from 'zod';

const portSchema = z.object({
  published: z.number().exactOptional(),
  target: z.number(),
  protocol: z.enum(['tcp', 'udp', 'sctp']),
  mode: z.enum(['ingress', 'host']),
});

const settingsSchema = z.object({
  replicas: z.number().exactOptional(),
  networks: z.array(z.string()).exactOptional(),
  endpointMode: z.enum(['vip', 'dnsrr']).exactOptional(),
  ports: z.array(portSchema).exactOptional(),
  constraints: z.array(z.string()).exactOptional(),
  update: z.object({
    parallelism: z.number(),
    delayMs: z.number(),
    order: z.enum(['start-first', 'stop-first']),
    monitorMs: z.number(),
    failureAction: z.enum(['rollback', 'pause', 'continue']),
  }),
});

/** What each step needs to know, frozen in the plan. Values of env keys are never part of it. */
export const swarmActionSchema = z.object({
  kind: z.enum(['find-image', 'update', 'verify']),
  service: z.string(),
  workspace: z.string(),
  environment: z.string(),
  release: z.string(),
  envFingerprint: z.string(),
  /** On the engine that Gantry uses. */
  imageId: z.string(),
  ref: z.string(),
  /** Where the nodes pull from; absent where each has it. */
  remote: z
    .object({ ref: z.string(), repository: z.string(), digest: z.string().exactOptional() })
    .exactOptional(),
  settings: settingsSchema,
  /** The service's version when it was planned: `new` for none, `unknown` where nobody could say. */
  was: z.union([z.number(), z.literal('new'), z.literal('unknown')]),
  deadlineMs: z.number(),
  intervalMs: z.number(),
});
export type SwarmAction = z.infer<typeof swarmActionSchema>;
