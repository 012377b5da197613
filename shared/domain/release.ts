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

/** What a test's JUnit XML counts. */
export const testCountsSchema = z.object({
  total: z.number().int().nonnegative(),
  failed: z.number().int().nonnegative(),
  skipped: z.number().int().nonnegative(),
});
export type TestCounts = z.infer<typeof testCountsSchema>;

/** One test a build passed. A build with a failed test makes no release, so there is no outcome here. */
export const testResultSchema = z.object({
  name: z.string(),
  where: z.enum(['host', 'image']),
  /** Of the build's matrix; absent without one, and for a test of all cells at once. */
  cell: z.string().optional(),
  durationMs: z.number().nonnegative(),
  counts: testCountsSchema.optional(),
});
export type TestResult = z.infer<typeof testResultSchema>;

/** One image of a release: the only one, or one for each cell of the build's matrix. */
export const releaseImageSchema = z.object({
  /** Of the build's matrix; absent without one. */
  cell: z.string().optional(),
  image: imageFactsSchema,
  /** Every name given to it; the first is its own and never moves. */
  tags: z.array(z.string()).min(1),
});
export type ReleaseImage = z.infer<typeof releaseImageSchema>;

/** The commits that came in since the release before it on the same branch, newest first. */
export const releaseNotesSchema = z.object({
  /** Absent for the first release of a branch. */
  since: z.object({ release: releaseIdSchema, version: z.string(), commit: z.string() }).optional(),
  commits: z.array(commitSchema.extend({ body: z.string() })),
  /** How many there were; more than `commits` holds where the list was cut. */
  total: z.number().int().nonnegative(),
});
export type ReleaseNotes = z.infer<typeof releaseNotesSchema>;

/** The image of a release that was built by somebody else, as it was named when it was adopted. */
export const adoptedFromSchema = z.object({
  ref: z.string(),
  /** In the registry it came from; absent for an image that only the engine had. */
  digest: z.string().optional(),
});
export type AdoptedFrom = z.infer<typeof adoptedFromSchema>;

export const releaseSchema = z.object({
  id: releaseIdSchema,
  workspaceId: workspaceIdSchema,
  /** For people: from the git tag, package.json or the date. Two releases may share one. */
  version: z.string(),
  source: sourceSchema,
  images: z.tuple([releaseImageSchema], releaseImageSchema),
  tests: z.array(testResultSchema),
  /** Absent outside a git repository, and for releases recorded before there were notes. */
  notes: releaseNotesSchema.optional(),
  /** Absent for a release that Gantry built. */
  adoptedFrom: adoptedFromSchema.optional(),
  /** The run that built or adopted it. */
  builtBy: runIdSchema,
  builtAt: timeSchema,
});
export type Release = z.infer<typeof releaseSchema>;

/**
 * The image that an environment of this cell runs. A release built before the matrix was written, or after it was
 * taken away, may lack the cell: `undefined`.
 */
export function imageOf(release: Release, cell: string | undefined): ReleaseImage | undefined {
  if (cell === undefined) return release.images[0];
  return release.images.find((image) => image.cell === cell);
}
