import * as z from 'zod';
import { durationSchema } from '#shared/domain/duration.ts';
import { templateSchema } from '../wished/fields.ts';
import { referenceSchema } from '../wished/references.ts';

const argvSchema = z
  .tuple([templateSchema.refine((program) => program !== '', 'a program')], templateSchema)
  .describe('First the program, then its arguments. No shell reads them; an element is one argument.');

const envSchema = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a variable’s name'),
    z.union([referenceSchema, templateSchema]),
  )
  .default({})
  .describe('Variables beside the environment’s own; a value may be a reference such as secret://env/TOKEN.');

const observeSchema = z
  .strictObject({
    run: argvSchema,
    env: envSchema,
    timeout: durationSchema.prefault('30s').describe('How long it may run. Default: 30s'),
    poll: durationSchema.prefault('2s').describe('How often it is asked. Default: 2s'),
    deadline: durationSchema
      .prefault('10m')
      .describe('How long the release may take until it is live. Default: 10m'),
  })
  .describe('Prints the digest or release that is live. Without it every deploy ends as unverified.');

export const commandConfigSchema = z
  .strictObject({
    kind: z.literal('command'),
    run: argvSchema,
    env: envSchema,
    folder: z.string().min(1).default('.').describe('Where it runs, below the workspace. Default: .'),
    repository: z
      .string()
      .regex(/^[^\s@]+$/, 'an image name without a digest')
      .refine((name) => !/:[^/]*$/.test(name), { message: 'an image name without a tag' })
      .optional()
      .describe(
        'Where the image is put first, so that {{image}} is pulled by digest. Default: only on the engine.',
      ),
    exitCodes: z
      .array(z.int().min(0).max(255))
      .min(1)
      .default([0])
      .describe('What it ends with where it was done. Default: 0'),
    timeout: durationSchema.prefault('15m').describe('How long it may run. Default: 15m'),
    idempotent: z
      .boolean()
      .default(false)
      .describe(
        'Running it twice does what running it once does: only then may it be run again. Default: false',
      ),
    observe: observeSchema.optional(),
  })
  .describe('Anything that a program on this machine deploys.');
export type CommandConfig = z.output<typeof commandConfigSchema>;
export type CommandObserve = z.output<typeof observeSchema>;

const programSchema = z.tuple([z.string()], z.string());

/** In the plan as they are in gantry.yml: references stay references. */
export const askSchema = z.object({
  run: programSchema,
  env: z.record(z.string(), z.string()),
  folder: z.string(),
  timeoutMs: z.number(),
  pollMs: z.number(),
  deadlineMs: z.number(),
});
export type Ask = z.infer<typeof askSchema>;
export { programSchema };

export function askOf({ run, env, timeout, poll, deadline }: CommandObserve, folder: string): Ask {
  return { run, env, folder, timeoutMs: timeout, pollMs: poll, deadlineMs: deadline };
}
