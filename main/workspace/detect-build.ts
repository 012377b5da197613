import { posix } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import type { WorkspaceConfigInput } from '#shared/domain/workspace-config.ts';

export type DetectedBuild = NonNullable<WorkspaceConfigInput['build']>;

const buildSchema = z.union([
  z.string().transform((context) => ({ context })),
  z.object({
    context: z.string().default('.'),
    dockerfile: z.string().exactOptional(),
    target: z.string().exactOptional(),
  }),
]);

const composeSchema = z.object({
  services: z.record(z.string(), z.object({ build: z.unknown() }).catch({ build: undefined })),
});

/**
 * What a compose file says is built here, in its order. Only a glance at the file: what uses variables, or leads out
 * of the workspace, is passed over.
 */
export function buildsIn(composeText: string): DetectedBuild[] {
  return servicesIn(composeText).flatMap((build) => {
    const parsed = buildSchema.safeParse(build);
    if (!parsed.success) return [];
    const context = posix.normalize(parsed.data.context).replace(/\/$/, '');
    const paths = [context, ...('dockerfile' in parsed.data ? [parsed.data.dockerfile] : [])];
    const isHere = paths.every((path) => !path.includes('$') && !/^(\/|\.\.(\/|$)|[a-z]+:)/.test(path));
    return isHere ? [{ ...parsed.data, context }] : [];
  });
}

function servicesIn(composeText: string): unknown[] {
  try {
    const parsed = composeSchema.safeParse(parse(composeText, { merge: true, logLevel: 'silent' }));
    return parsed.success ? Object.values(parsed.data.services).map((service) => service.build) : [];
  } catch {
    // Compose itself will say what is wrong with it.
    return [];
  }
}
