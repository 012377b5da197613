import * as z from 'zod';

/**
 * What Gantry reads of Render's answers (render-oss/cli, pkg/client/types_gen.go @85c8c2c). Lenient where nothing
 * depends on it: no answer was ever checked against a real account.
 */
export const deploySchema = z.object({
  id: z.string(),
  /** One that is not known yet means: keep asking. */
  status: z.string().nullish(),
  trigger: z.string().nullish(),
  createdAt: z.string().nullish(),
  startedAt: z.string().nullish(),
  finishedAt: z.string().nullish(),
  /** Absent where the service builds from a git repository. */
  image: z
    .object({
      ref: z.string().nullish(),
      /** What the reference was resolved to. */
      sha: z.string().nullish(),
    })
    .nullish(),
});
export type RenderDeploy = z.output<typeof deploySchema>;

export const deployListSchema = z.array(z.object({ deploy: deploySchema.nullish() }));

export const serviceSchema = z.object({
  id: z.string(),
  name: z.string(),
  autoDeploy: z.string().nullish(),
  branch: z.string().nullish(),
  imagePath: z.string().nullish(),
  suspended: z.string().nullish(),
  serviceDetails: z.object({ url: z.string().nullish(), runtime: z.string().nullish() }).nullish(),
});
export type RenderService = z.output<typeof serviceSchema>;

export const refusalSchema = z.object({ message: z.string() });

/** Of a deploy hook, as those who parse it found it; Render documents no body. */
export const hookAnswerSchema = z.object({ deploy: z.object({ id: z.string() }) });
