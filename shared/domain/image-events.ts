import * as z from 'zod';
import { releaseIdSchema } from './ids.ts';
import { leftNameSchema, registryManifestSchema } from './retention.ts';

// What a run's log says of images: where they came to be, and under which names.

/** `before` is the way back: the image or digest that the name had, where there was one. */
const nameMoveSchema = z.object({ ref: z.string(), before: z.string().optional(), after: z.string() });

export const releaseRecordedSchema = z.object({
  kind: z.literal('release-recorded'),
  release: releaseIdSchema,
  version: z.string(),
  /** Of the first image, where there are several. */
  imageId: z.string(),
});

/** Before anything is removed, in the transaction in which nothing was found to protect it. */
export const imageRemovingSchema = z.object({
  kind: z.literal('image-removing'),
  step: z.string(),
  release: releaseIdSchema,
  /** Ids and digests of its images. */
  digests: z.array(z.string()),
  /** On the engine. */
  names: z.array(z.string()),
  manifests: z.array(registryManifestSchema),
});

/** What of it is removed, and what was left after all. */
export const imageRemovedSchema = z.object({
  kind: z.literal('image-removed'),
  step: z.string(),
  release: releaseIdSchema,
  digests: z.array(z.string()),
  names: z.array(z.string()),
  manifests: z.array(registryManifestSchema),
  left: z.array(leftNameSchema),
});

/**
 * An image stands in a registry under this name, as the registry itself said; or, with `engine`, on that engine, where
 * `digest` is the id that the image has there.
 */
export const imagePlacedSchema = z.object({
  kind: z.literal('image-placed'),
  step: z.string(),
  release: releaseIdSchema,
  cell: z.string().optional(),
  engine: z.string().optional(),
  repository: z.string(),
  tag: z.string(),
  digest: z.string(),
});

/** Names on this engine, right before they are moved: whether they were is said by `tag-moved`. */
export const tagsMovingSchema = z.object({
  kind: z.literal('tags-moving'),
  step: z.string(),
  names: z.array(nameMoveSchema),
});

export const tagMovedSchema = z.object({
  kind: z.literal('tag-moved'),
  step: z.string(),
  ...nameMoveSchema.shape,
});
