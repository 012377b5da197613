import { ORPCError } from '@orpc/client';
import * as z from 'zod';
import { errorDetailSchema, GantryError } from '#shared/domain/errors.ts';

const inputIssuesSchema = z.object({
  issues: z.array(z.object({ message: z.string(), path: z.array(z.unknown()).optional() })),
});

/** What a call on the contract failed with, as the error the core threw. */
export function toGantryError(error: unknown): GantryError {
  if (error instanceof GantryError) return error;
  if (error instanceof ORPCError) return fromWire(error);
  const message = error instanceof Error ? error.message : String(error);
  return new GantryError('internal', message, reportHint, { cause: error });
}

const reportHint =
  'This is a bug in Gantry. With GANTRY_DEBUG=1 the command line shows where it happened: please report that.';

function fromWire(error: ORPCError<string, unknown>): GantryError {
  const detail = errorDetailSchema.safeParse(error.data);
  if (error.code === 'GANTRY' && detail.success) {
    const { code, message, hint, problems } = detail.data;
    return new GantryError(code, message, hint, {
      cause: error,
      ...(problems === undefined ? {} : { problems }),
    });
  }
  const input = inputIssuesSchema.safeParse(error.data);
  if (error.code === 'BAD_REQUEST' && input.success) {
    const issues = input.data.issues.map(({ message, path }) => [...(path ?? []), message].join(': '));
    return new GantryError(
      'usage',
      `That cannot be asked for: ${issues.join('; ')}.`,
      'Mend it and ask again.',
      {
        cause: error,
      },
    );
  }
  return new GantryError('internal', error.message, reportHint, { cause: error });
}
