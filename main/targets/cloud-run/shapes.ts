import * as z from 'zod';

/*
 * As much of the Admin API's v2 resources as is read here (googleapis: google/cloud/run/v2/*.proto). In JSON a field
 * that has its default, such as 0 or false, is left out.
 */

const conditionSchema = z.object({
  type: z.string().default(''),
  state: z.string().default(''),
  message: z.string().default(''),
  reason: z.string().optional(),
  revisionReason: z.string().optional(),
  internalReason: z.string().optional(),
});
export type Condition = z.output<typeof conditionSchema>;

/** Goes back as it came but for its image, so whatever else is in it is kept. */
const containerSchema = z.looseObject({
  name: z.string().optional(),
  image: z.string().default(''),
  ports: z.array(z.unknown()).optional(),
  env: z.array(z.looseObject({ name: z.string() })).optional(),
  resources: z.looseObject({ limits: z.record(z.string(), z.string()).optional() }).optional(),
});
export type RunContainer = z.output<typeof containerSchema>;

export const latest = 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';
export const byRevision = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';

const trafficTargetSchema = z.object({
  type: z.string().optional(),
  revision: z.string().optional(),
  percent: z.number().int().default(0),
  tag: z.string().optional(),
});
export type TrafficTarget = z.output<typeof trafficTargetSchema>;

const trafficStatusSchema = trafficTargetSchema.extend({ uri: z.string().optional() });

export const serviceSchema = z.object({
  name: z.string(),
  etag: z.string().default(''),
  uri: z.string().optional(),
  ingress: z.string().optional(),
  template: z.object({
    containers: z.array(containerSchema).default([]),
    serviceAccount: z.string().optional(),
    timeout: z.string().optional(),
    maxInstanceRequestConcurrency: z.number().optional(),
    scaling: z
      .object({ minInstanceCount: z.number().optional(), maxInstanceCount: z.number().optional() })
      .optional(),
  }),
  traffic: z.array(trafficTargetSchema).default([]),
  trafficStatuses: z.array(trafficStatusSchema).default([]),
  reconciling: z.boolean().default(false),
  terminalCondition: conditionSchema.optional(),
  conditions: z.array(conditionSchema).default([]),
  latestReadyRevision: z.string().default(''),
  latestCreatedRevision: z.string().default(''),
});
export type Service = z.output<typeof serviceSchema>;

export const revisionSchema = z.object({
  name: z.string(),
  createTime: z.string().default(''),
  containers: z.array(containerSchema).default([]),
  conditions: z.array(conditionSchema).default([]),
  logUri: z.string().optional(),
});
export type Revision = z.output<typeof revisionSchema>;

export const revisionPageSchema = z.object({
  revisions: z.array(revisionSchema).default([]),
  nextPageToken: z.string().default(''),
});

export const operationSchema = z.object({
  name: z.string().default(''),
  done: z.boolean().default(false),
  error: z.object({ code: z.number().default(0), message: z.string().default('') }).optional(),
});
export type Operation = z.output<typeof operationSchema>;

export const apiErrorSchema = z.object({
  error: z.object({ message: z.string().default(''), status: z.string().default('') }),
});

/** Fields that name a revision do it by its whole name in some places and by its own in others. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

export function timeOf(text: string): number {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? 0 : ms;
}
