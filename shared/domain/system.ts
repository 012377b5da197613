import * as z from 'zod';
import { problemSchema } from './errors.ts';

export const engineStatusSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('reachable'),
    version: z.string(),
    apiVersion: z.string(),
    /** `docker` or `podman`. */
    product: z.string(),
    /** Where it was found: `DOCKER_HOST`, `context desktop-linux`, ... */
    via: z.string(),
    host: z.string(),
    imageStore: z.enum(['classic', 'containerd']),
    hasBuildKit: z.boolean(),
  }),
  z.object({ kind: z.literal('unreachable'), why: z.string(), tried: z.array(z.string()) }),
]);
export type EngineStatus = z.infer<typeof engineStatusSchema>;

export const systemStatusSchema = z.object({
  gantryVersion: z.string(),
  engine: engineStatusSchema,
  ledger: z.object({ path: z.string(), bytes: z.number(), schemaVersion: z.number() }),
});
export type SystemStatus = z.infer<typeof systemStatusSchema>;

export const checkSchema = z.object({
  id: z.string(),
  title: z.string(),
  result: z.enum(['ok', 'note', 'bad']),
  detail: z.string(),
  hint: z.string().optional(),
  /** What is wrong in files that a person wrote. */
  problems: z.array(problemSchema).optional(),
});
export type Check = z.infer<typeof checkSchema>;
