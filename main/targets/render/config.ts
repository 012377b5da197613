import * as z from 'zod';
import { durationSchema } from '#shared/domain/duration.ts';

const referenceSchema = z
  .string()
  .regex(
    /^secret:\/\/(env|file)\/./,
    'a reference, such as secret://env/RENDER_API_KEY: never the value itself',
  );

/** Keys and hooks travel there, so only a gateway on this machine may do without TLS. */
function isSafeBase(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.search !== '' || url.hash !== '') return false;
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback);
}

const baseSchema = z
  .string()
  .refine(isSafeBase, { message: 'an https address without a query; http only on this machine' })
  .transform((text) => text.replace(/\/+$/, ''));

export const renderConfigSchema = z
  .strictObject({
    kind: z.literal('render'),
    service: z
      .string()
      .regex(/^srv-[A-Za-z0-9-]+$/, 'a service’s id, such as srv-ck4ic9bv2fjs73a9sqvg')
      .describe('The service on Render, which must run an existing image.'),
    repository: z
      .string()
      .regex(/^[^\s@]+$/, 'an image name without a digest')
      .refine((name) => !/:[^/]*$/.test(name), { message: 'an image name without a tag' })
      .describe('The image that the service is set to, without its tag, such as ghcr.io/acme/shop.'),
    apiKey: referenceSchema
      .optional()
      .describe(
        'Reference to an API key: deploys are followed until they are live. Needed, unless there is a deployHook, before which it is used.',
      ),
    deployHook: referenceSchema
      .optional()
      .describe(
        'Reference to the deploy hook’s whole URL: deploys are triggered, and end as unverified. Needed, unless there is an apiKey.',
      ),
    poll: durationSchema.prefault('2s').describe('How often a deploy is asked about. Default: 2s'),
    timeout: durationSchema
      .prefault('15m')
      .describe('How long a deploy may take until it is live. Default: 15m'),
    // General knowledge, not read in Render's documents; so it can be set.
    platform: z
      .string()
      .min(1)
      .default('linux/amd64')
      .describe('What the image must be built for. Default: linux/amd64'),
    baseUrl: baseSchema
      .default('https://api.render.com/v1')
      .describe('Where Render’s API is, for private gateways.'),
    hookBase: baseSchema
      .default('https://api.render.com/deploy')
      .describe('Where deploy hooks may lead, for private gateways.'),
  })
  .refine(({ apiKey, deployHook }) => apiKey !== undefined || deployHook !== undefined, {
    message: 'needs an apiKey or a deployHook',
  })
  .describe('A service on Render that runs an image.');
export type RenderConfig = z.output<typeof renderConfigSchema>;
