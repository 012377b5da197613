import * as z from 'zod';
import type { Style } from '../terminal.ts';
import { plain } from './format.ts';
import { table } from './table.ts';

type TargetView = {
  readonly kind: string;
  readonly summary: string;
  readonly configSchema: Record<string, unknown>;
};

/** The part of a JSON Schema that fits on a line. */
const objectSchema = z.object({
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })).catch({}),
  required: z.array(z.string()).catch([]),
});

export function targetsText(targets: readonly TargetView[], style: Style): string {
  return targets.map((target) => targetText(target, style)).join('\n');
}

function targetText({ kind, summary, configSchema }: TargetView, style: Style): string {
  const { properties, required } = objectSchema.parse(configSchema);
  const rows = Object.entries(properties)
    .filter(([key]) => key !== 'kind')
    .map(([key, { description }]) => [
      `  ${plain(key)}`,
      style.dim([required.includes(key) ? 'needed.' : '', plain(description ?? '')].join(' ').trim()),
    ]);
  return [`${style.bold(plain(kind))}  ${plain(summary)}`, ...table(rows), ''].join('\n');
}
