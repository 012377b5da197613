import { type HealthCheck, type Probe, signed } from '#shared/domain/health.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { Io, Reach } from '../ports.ts';

export type Asking = {
  readonly io: Pick<Io, 'probe'>;
  /** Headers for questions at the address that the place says it has. */
  readonly signIn: (address: string) => Promise<Readonly<Record<string, string>>>;
};

/** Every check once. What the place itself answers over HTTP is asked by somebody who signs in there, and nothing else is. */
export async function askAll(
  checks: readonly HealthCheck[],
  seen: Observed,
  reach: Reach,
  { io, signIn }: Asking,
): Promise<readonly (Probe | undefined)[]> {
  const address = seen.kind === 'running' ? seen.address : undefined;
  const isOwn = (check: HealthCheck) => address !== undefined && leadsTo(check, address, reach);
  const headers = address !== undefined && checks.some(isOwn) ? await signIn(address) : {};
  return Promise.all(checks.map((check) => io.probe(isOwn(check) ? signed(check, headers) : check, reach)));
}

function leadsTo(check: HealthCheck, address: string, reach: Reach): boolean {
  if (check.kind !== 'http') return false;
  const origin = URL.parse(address)?.origin;
  const place = check.url.startsWith('/') ? reach(check.port) : check.url;
  return origin !== undefined && place !== undefined && URL.parse(place)?.origin === origin;
}
