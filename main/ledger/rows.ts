import * as z from 'zod';

/** A TEXT column that holds JSON of this schema. Rows are parsed when read: whatever wrote the file, it is a door. */
export function jsonOf<Schema extends z.ZodType>(schema: Schema) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

/** A nullable column for a property that is absent rather than null. */
export function optional<T>(name: string, value: T | null): Record<string, T> {
  return value === null ? {} : { [name]: value };
}
