import * as z from 'zod';
import { problemSchema } from './errors.ts';
import { environmentNameSchema, timeSchema, workspaceIdSchema } from './ids.ts';
import { commitSchema } from './release.ts';

export const gitStatusSchema = z.object({
  branch: z.string().optional(),
  head: commitSchema.optional(),
  uncommittedFiles: z.number(),
});
export type GitStatus = z.infer<typeof gitStatusSchema>;

export const workspaceViewSchema = z.object({
  id: workspaceIdSchema,
  name: z.string(),
  /** Absolute path of the folder. */
  folder: z.string(),
  /** `detected`: there is no gantry.yml, and `gantry init` would write one. */
  origin: z.enum(['written', 'detected']),
  trusted: z.boolean(),
  environments: z.array(environmentNameSchema),
  /** Commands that building or deploying this workspace would run here; what a person trusts. */
  commands: z.array(z.string()),
  problems: z.array(problemSchema),
  /** Where releases are pushed unless another place is named. */
  repository: z.string().optional(),
  /** Absent outside a git repository. */
  git: gitStatusSchema.optional(),
});
export type WorkspaceView = z.infer<typeof workspaceViewSchema>;

export const recentWorkspaceSchema = z.object({
  id: workspaceIdSchema,
  name: z.string(),
  folder: z.string(),
  openedAt: timeSchema,
  /** False when the folder is gone; its history still reads. */
  present: z.boolean(),
});
export type RecentWorkspace = z.infer<typeof recentWorkspaceSchema>;
