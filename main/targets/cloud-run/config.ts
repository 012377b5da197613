import * as z from 'zod';
import { durationSchema } from '#shared/domain/duration.ts';

const credentialsSchema = z.union([
  z.literal('application-default'),
  z.strictObject({
    serviceAccountFile: z
      .string()
      .min(1)
      .describe('The JSON key of a service account, relative to gantry.yml. Keep it out of git.'),
  }),
  z.strictObject({
    accessToken: z
      .string()
      .startsWith('secret://')
      .describe('Where an access token is, such as secret://env/CLOUD_RUN_TOKEN. It ends after an hour.'),
  }),
]);

const invokerSchema = z.union([
  z.enum(['public', 'private']),
  z.strictObject({
    impersonate: z
      .email()
      .describe(
        'A service account with roles/run.invoker on the service, as which questions about health are asked. Whoever deploys needs roles/iam.serviceAccountOpenIdTokenCreator on it.',
      ),
  }),
]);

export const cloudRunConfigSchema = z.strictObject({
  kind: z.literal('cloud-run'),
  project: z
    .string()
    .regex(/^[a-z0-9][a-z0-9:.-]*$/, 'the id or number of a Google Cloud project')
    .describe('Id or number of the Google Cloud project.'),
  region: z
    .string()
    .regex(/^[a-z]+(-[a-z]+)+\d+$/, 'a region, such as europe-west1')
    .describe('Such as europe-west1.'),
  service: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,47}[a-z0-9])?$/, 'the name of a Cloud Run service')
    .describe('The Cloud Run service, which exists: Gantry changes its image and its traffic, nothing else.'),
  repository: z
    .string()
    .min(1)
    .describe(
      'Where Cloud Run pulls from, such as europe-west1-docker.pkg.dev/acme/shop/web. The release’s image is put there first.',
    ),
  container: z
    .string()
    .min(1)
    .optional()
    .describe('The container that runs the release. Needed only where the service has several.'),
  credentials: credentialsSchema
    .prefault('application-default')
    .describe(
      'Who asks. Default: application-default, which is what `gcloud auth application-default login` left.',
    ),
  canary: z
    .array(z.int().min(1).max(99))
    .refine((steps) => steps.every((percent, index) => index === 0 || percent > (steps[index - 1] ?? 0)), {
      message: 'percentages that rise, such as [10, 50]',
    })
    .prefault([])
    .describe(
      'Percentages of the traffic that the new revision gets, one after the other, before it gets all.',
    ),
  canaryPause: durationSchema
    .prefault('1m')
    .describe('How long each of these percentages is watched before the next. Default: 1m'),
  smoke: z
    .string()
    .startsWith('/')
    .optional()
    .describe('A path that the new revision must answer well before it gets any traffic.'),
  invoker: invokerSchema
    .exactOptional()
    .describe(
      'Who may call the service. private: the smoke test, the canary and checks of health over HTTP sign in with an identity token of `credentials`, which a service account can have, and a person or an access token cannot: then { impersonate: ACCOUNT }. Default: public, nothing signs in.',
    ),
  tag: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,44}[a-z0-9])?$/, 'lower case letters, digits and -')
    .prefault('gantry')
    .describe(
      'The traffic tag that gives a new revision an address of its own until it has all traffic. Default: gantry',
    ),
  timeout: durationSchema
    .prefault('10m')
    .describe('How long Cloud Run may take for one change. Default: 10m'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .refine(isSafe, { message: 'https, unless it is on this machine: the access token is sent there' })
    .prefault('https://run.googleapis.com')
    .describe('Where the Cloud Run Admin API is, such as a regional endpoint.'),
});
export type CloudRunConfig = z.output<typeof cloudRunConfigSchema>;

/** Everything that finds one service and speaks for somebody there; no secret is in it. */
export const serviceAtSchema = cloudRunConfigSchema.pick({
  project: true,
  region: true,
  service: true,
  credentials: true,
  baseUrl: true,
  invoker: true,
});
export type ServiceAt = z.output<typeof serviceAtSchema>;

export function serviceAt({ project, region, service, credentials, baseUrl, invoker }: ServiceAt): ServiceAt {
  return { project, region, service, credentials, baseUrl, ...(invoker === undefined ? {} : { invoker }) };
}

export function resourceName({ project, region, service }: ServiceAt): string {
  return `projects/${project}/locations/${region}/services/${service}`;
}

/** Whether a token may be sent there. */
export function isSafe(written: string): boolean {
  const url = URL.parse(written);
  if (url === null || url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}
