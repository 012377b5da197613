import * as z from 'zod';
import { releaseIdSchema, runIdSchema, timeSchema, workspaceIdSchema } from './ids.ts';
import { imageFactsSchema } from './image.ts';

export const commitSchema = z.object({
  sha: z.string(),
  subject: z.string(),
  author: z.string(),
  at: timeSchema,
});
export type Commit = z.infer<typeof commitSchema>;

/** What was built: the commit checked out, and a hash of what lay on top of it. */
export const sourceSchema = z.object({
  /** Absent outside a git repository and before its first commit. */
  commit: commitSchema.optional(),
  branch: z.string().optional(),
  /** Files that differ from the commit; 0 means the commit alone describes the source. */
  uncommittedFiles: z.number().int().nonnegative(),
  /** SHA-256 over those changes; absent when there are none. */
  uncommittedHash: z.string().optional(),
});
export type Source = z.infer<typeof sourceSchema>;

/** One test a build passed. A build with a failed test makes no release, so there is no outcome here. */
export const testResultSchema = z.object({
  name: z.string(),
  where: z.enum(['host', 'image']),
  durationMs: z.number().nonnegative(),
});
export type TestResult = z.infer<typeof testResultSchema>;

export const releaseSchema = z.object({
  id: releaseIdSchema,
  workspaceId: workspaceIdSchema,
  /** For people: from the git tag, package.json or the date. Two releases may share one. */
  version: z.string(),
  source: sourceSchema,
  image: imageFactsSchema,
  /** Every name given to the image; the first is its own and never moves. */
  tags: z.array(z.string()).min(1),
  tests: z.array(testResultSchema),
  builtBy: runIdSchema,
  builtAt: timeSchema,
});
export type Release = z.infer<typeof releaseSchema>;
