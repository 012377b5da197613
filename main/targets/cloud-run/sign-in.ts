import type { GoogleIdentity } from '#main/core/ports/google.ts';
import type { Io } from '#main/core/ports/target.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { createCloudRun } from './api.ts';
import { isSafe, type ServiceAt } from './config.ts';
import type { Service } from './shapes.ts';

type Headers = Readonly<Record<string, string>>;

/**
 * What signs in at a private service. Its audience is the service's own address, also where one revision is asked by its
 * tag: "the aud value must remain as the URL of the service, even when making requests to a specific traffic tag"
 * (docs.cloud.google.com/run/docs/authenticating/service-to-service). Which services are private is for gantry.yml to
 * say: a policy on the service is not all that decides it, and an app that itself answers 401 looks the same.
 */
export async function signInTo(at: ServiceAt, { uri }: Pick<Service, 'uri'>, io: Io): Promise<Headers> {
  const { invoker = 'public' } = at;
  if (invoker === 'public') return {};
  if (uri === undefined) {
    throw new GantryError(
      'target-refused',
      `Cloud Run names no address of ${at.service}, so nothing can sign in there.`,
      'Give the service its run.app address back, or take `invoker` out of gantry.yml.',
    );
  }
  const account = typeof invoker === 'object' ? invoker : {};
  const token = await io.googleIdentity({ audience: uri, by: await askerOf(at, io), ...account });
  // Where both are there only the second is looked at (same page): a check may bring an authorization of its own.
  return { authorization: `Bearer ${token}`, 'x-serverless-authorization': `Bearer ${token}` };
}

async function askerOf({ credentials }: ServiceAt, io: Io): Promise<GoogleIdentity['by']> {
  if (credentials === 'application-default') return credentials;
  if ('serviceAccountFile' in credentials) return { keyFile: credentials.serviceAccountFile };
  return { accessToken: await io.secret(credentials.accessToken) };
}

/** For the core's own questions; none where the address is not this service's. */
export async function signInAt(at: ServiceAt, address: string, io: Io): Promise<Headers> {
  if (at.invoker === undefined || at.invoker === 'public' || !isSafe(address)) return {};
  const service = await createCloudRun(at, io, io.signal).findService();
  return service?.uri === address ? signInTo(at, service, io) : {};
}
