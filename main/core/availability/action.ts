import * as z from 'zod';
import { releaseIdSchema } from '#shared/domain/ids.ts';
import { availabilitySchema, tagChangeSchema } from '#shared/domain/plan.ts';

const of = { release: releaseIdSchema, cell: z.string().optional() };

/** Steps that the core carries out itself, whatever the target; `core` tells them from a target's own. */
export const imageActionSchema = z.discriminatedUnion('core', [
  z.object({ core: z.literal('available'), ...of, item: availabilitySchema }),
  /** `ref` is the release's own name there, whose digest the others get. */
  z.object({
    core: z.literal('tags'),
    ...of,
    ref: z.string(),
    tags: z.array(tagChangeSchema),
  }),
]);
export type ImageAction = z.infer<typeof imageActionSchema>;
