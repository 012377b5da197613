import * as z from 'zod';

/** A process, told apart from a later one with the same pid. */
export const processIdentitySchema = z.object({
  bootId: z.string(),
  pid: z.number().int().positive(),
  /** In the operating system's own unit and text; only compared for equality. */
  startTime: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;
