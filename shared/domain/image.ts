import * as z from 'zod';

const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/**
 * One image has up to three names by content: its config digest, a manifest digest per repository it was pushed to,
 * and the id its engine gives it (the config digest on a classic store, the manifest or index digest on a containerd
 * store). Each target says which of them it compares.
 */
export const imageIdentitySchema = z.object({
  /** As `docker inspect` prints it on the engine that built it. */
  imageId: digestSchema,
  /** Absent where the engine does not tell (containerd store without a local manifest). */
  configDigest: digestSchema.optional(),
  /** repository -> manifest digest; empty for an image that was never pushed. */
  manifestDigests: z.record(z.string(), digestSchema),
});

export const imageConfigSchema = z.object({
  entrypoint: z.array(z.string()),
  command: z.array(z.string()),
  /** Names only: a value baked into an image may still be private. */
  envKeys: z.array(z.string()),
  ports: z.array(z.string()),
  user: z.string(),
  workingDir: z.string(),
  labels: z.record(z.string(), z.string()),
});
export type ImageConfig = z.infer<typeof imageConfigSchema>;

export const imageFactsSchema = z.object({
  identity: imageIdentitySchema,
  tags: z.array(z.string()),
  /** Bytes, as the engine counts them. */
  size: z.number().int().nonnegative(),
  platform: z.string(),
  /** All of them, for an image of several. */
  platforms: z.array(z.string()).optional(),
  createdAt: z.number().int().optional(),
  config: imageConfigSchema,
  /** Diff ids of the uncompressed layers, lowest first. */
  layers: z.array(z.string()),
});
export type ImageFacts = z.infer<typeof imageFactsSchema>;
