import * as z from 'zod';
import type { Targets } from '../core/ports.ts';

/** What `gantry targets` lists, with the JSON Schema of each kind's settings. */
export function describeTargets(targets: Targets) {
  return targets.list().map(({ kind, summary, config }) => ({
    kind,
    summary,
    configSchema: { ...z.toJSONSchema(config, { io: 'input' }) },
  }));
}
