import * as z from 'zod';

/** What UpdateService takes, as far as this fake acts on it (google/cloud/run/v2/service.proto); anything else is a mistake. */
export const updateSchema = z.strictObject({
  name: z.string().optional(),
  etag: z.string().optional(),
  template: z
    .strictObject({
      revision: z.string().optional(),
      containers: z.array(z.looseObject({ name: z.string().optional(), image: z.string().min(1) })).min(1),
    })
    .optional(),
  traffic: z
    .array(
      z.strictObject({
        type: z.enum(['TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION']),
        revision: z.string().optional(),
        percent: z.int().min(0).max(100).optional(),
        tag: z
          .string()
          .regex(/^[a-z][a-z0-9-]*$/)
          .optional(),
      }),
    )
    .optional(),
});
export type Update = z.output<typeof updateSchema>;
export type Traffic = NonNullable<Update['traffic']>;
export type Containers = NonNullable<Update['template']>['containers'];

export const updateMaskPaths = ['template.revision', 'template.containers', 'traffic'];

/** A duration of protobuf in JSON. */
export const waitSchema = z.strictObject({ timeout: z.string().regex(/^\d+(\.\d+)?s$/) });

export type Asked = {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Told = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export function told(status: number, body: unknown, headers: Told['headers'] = {}): Told {
  const type = { 'content-type': 'application/json; charset=UTF-8' };
  return { status, headers: { ...type, ...headers }, body: JSON.stringify(body) };
}

/** Google's form of an error. */
export function refusal(code: number, status: string, message: string, headers: Told['headers'] = {}): Told {
  return told(code, { error: { code, message, status } }, headers);
}
