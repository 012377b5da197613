import * as z from 'zod';
import { runEventSchema } from '#shared/domain/run-events.ts';

/** A TEXT column that holds JSON of this schema. Rows are parsed when read: whatever wrote the file, it is a door. */
export function jsonOf<Schema extends z.ZodType>(schema: Schema) {
  return jsonSchema.pipe(schema);
}

const jsonSchema = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
});

/** A TEXT column that holds a run's event. */
export const eventTextSchema = jsonOf(runEventSchema);

/** A nullable column for a property that is absent rather than null. */
export function optional<T>(name: string, value: T | null): Record<string, T> {
  return value === null ? {} : { [name]: value };
}
