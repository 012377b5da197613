import * as z from 'zod';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration as people write it (`500ms`, `90s`, `2m`, `1h`), in milliseconds once parsed. */
export const durationSchema = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h)$/, 'a number with a unit, such as 500ms, 90s, 2m or 1h')
  .transform((text) => {
    const [, amount = '0', unit = 's'] = /^([\d.]+)(ms|s|m|h)$/.exec(text) ?? [];
    return Math.round(Number(amount) * (unitMs[unit] ?? 1_000));
  });
