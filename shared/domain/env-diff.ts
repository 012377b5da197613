import * as z from 'zod';

/**
 * An environment's keys as they may leave the core: a value is shown only when its key is declared public; for all
 * others there is a keyed hash, which tells equal from changed and nothing else.
 */
export const envKeyViewSchema = z.object({
  key: z.string(),
  /** HMAC under a key that never leaves the machine. */
  fingerprint: z.string(),
  publicValue: z.string().optional(),
  /** `secret://…` as written; the reference is no secret. */
  reference: z.string().optional(),
});
export type EnvKeyView = z.infer<typeof envKeyViewSchema>;

export const envKeyChangeSchema = z.object({
  key: z.string(),
  /** `added`, `removed`, `changed`: from left to right. `missing`: the left has it, the right does not, and it is needed there. */
  kind: z.enum(['added', 'removed', 'changed', 'same', 'missing']),
  left: envKeyViewSchema.optional(),
  right: envKeyViewSchema.optional(),
});
export type EnvKeyChange = z.infer<typeof envKeyChangeSchema>;

/** Keys are sorted by name, so that two diffs of the same sides are equal. */
export function diffEnvKeys(
  left: readonly EnvKeyView[],
  right: readonly EnvKeyView[],
  required: ReadonlySet<string> = new Set(),
): EnvKeyChange[] {
  const leftByKey = new Map(left.map((view) => [view.key, view]));
  const rightByKey = new Map(right.map((view) => [view.key, view]));
  const keys = [...new Set([...leftByKey.keys(), ...rightByKey.keys(), ...required])].sort();
  return keys.map((key) => {
    const from = leftByKey.get(key);
    const to = rightByKey.get(key);
    return {
      key,
      kind: changeKind(from, to, required.has(key)),
      ...(from === undefined ? {} : { left: from }),
      ...(to === undefined ? {} : { right: to }),
    };
  });
}

function changeKind(
  from: EnvKeyView | undefined,
  to: EnvKeyView | undefined,
  isRequired: boolean,
): EnvKeyChange['kind'] {
  if (to === undefined) return isRequired ? 'missing' : 'removed';
  if (from === undefined) return 'added';
  return from.fingerprint === to.fingerprint ? 'same' : 'changed';
}
