import * as z from 'zod';

// What Render publishes of its API (render-oss/cli, pkg/client/types_gen.go @85c8c2c).

const statuses = [
  'created',
  'queued',
  'build_in_progress',
  'pre_deploy_in_progress',
  'update_in_progress',
  'live',
  'deactivated',
  'build_failed',
  'pre_deploy_failed',
  'update_failed',
  'canceled',
] as const;
const over: ReadonlySet<string> = new Set([
  'live',
  'deactivated',
  'build_failed',
  'pre_deploy_failed',
  'update_failed',
  'canceled',
]);

/** As published: one of three says what to deploy (CreateDeployJSONBody). */
export const createSchema = z
  .strictObject({
    imageUrl: z.string().min(1).optional(),
    commitId: z.string().min(1).optional(),
    artifactId: z.string().min(1).optional(),
    clearCache: z.enum(['clear', 'do_not_clear']).optional(),
    deployMode: z.enum(['deploy_only', 'build_and_deploy']).optional(),
  })
  .refine(
    ({ imageUrl, commitId, artifactId }) =>
      [imageUrl, commitId, artifactId].filter((one) => one !== undefined).length <= 1,
  );

export const listSchema = z.strictObject({
  status: z.enum(statuses).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().optional(),
  createdAfter: z.iso.datetime().optional(),
});

export function isOver(status: string): boolean {
  return over.has(status);
}
