import * as z from 'zod';
import { environmentNameSchema } from './ids.ts';
import { releaseSummarySchema } from './plan.ts';
import { adoptedFromSchema, releaseSchema } from './release.ts';
import { pinSchema } from './retention.ts';

/**
 * Where a release's image is now. Asked for, never remembered: anybody may remove an image. `unknown`: who would know
 * does not answer.
 */
export const imagePresenceSchema = z.enum(['here', 'in-registry', 'gone', 'unknown']);
export type ImagePresence = z.infer<typeof imagePresenceSchema>;

/** What a rollback may go to; one whose image is gone would have to be built again from its commit. */
export const rollbackChoiceSchema = z.object({ release: releaseSchema, image: imagePresenceSchema });
export type RollbackChoice = z.infer<typeof rollbackChoiceSchema>;

/** Where an image was found in a registry. */
const imagePlaceSchema = z.object({
  /** `ghcr.io/acme/shop:r-77ab10` */
  ref: z.string(),
  digest: z.string(),
});

/** A release as `gantry images` shows it. */
export const listedImageSchema = z.object({
  release: releaseSummarySchema,
  presence: imagePresenceSchema,
  /** One, or one for each cell of the build's matrix. */
  images: z.array(
    z.object({
      cell: z.string().optional(),
      imageId: z.string(),
      size: z.number(),
      /** The names it has on the engine now, whoever gave them; empty where it is not there. */
      names: z.array(z.string()),
    }),
  ),
  places: z.array(imagePlaceSchema),
  runsIn: z.array(environmentNameSchema),
  /** Environments that could go back to it. */
  wayBackOf: z.array(environmentNameSchema),
  pin: pinSchema.optional(),
  adoptedFrom: adoptedFromSchema.optional(),
});
export type ListedImage = z.infer<typeof listedImageSchema>;

export const imageListSchema = z.object({
  /** Newest first. */
  images: z.array(listedImageSchema),
  /** Engines and registries that could not be asked; sentences. */
  notes: z.array(z.string()),
});
export type ImageList = z.infer<typeof imageListSchema>;
