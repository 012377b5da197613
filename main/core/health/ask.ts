import { type HealthCheck, type Probe, signed } from '#shared/domain/health.ts';
import { type BlindPlace, blindPlaces, type Observed, partOf } from '#shared/domain/observed.ts';
import type { Io, Reach } from '../ports.ts';

export type Asking = {
  readonly io: Pick<Io, 'probe'>;
  /** Headers for questions at the address that the place says it has. */
  readonly signIn: (address: string) => Promise<Readonly<Record<string, string>>>;
};

/**
 * Every check once, of several places at the one that it is of. What a place itself answers over HTTP is asked by
 * somebody who signs in there, and nothing else is.
 */
export async function askAll(
  checks: readonly HealthCheck[],
  seen: Observed,
  reachOf: (seen: Observed) => Reach,
  { io, signIn }: Asking,
): Promise<readonly (Probe | undefined)[]> {
  const questions = checks.map((check) => {
    const part = partIn(check);
    const asked = part === undefined ? seen : partOf(seen, part);
    const reach = reachOf(asked);
    return { check, reach, own: addressesOf(asked).find((address) => leadsTo(check, address, reach)) };
  });
  const owns = new Set(questions.flatMap(({ own }) => (own === undefined ? [] : [own])));
  const headers = new Map(await Promise.all([...owns].map(async (own) => [own, await signIn(own)] as const)));
  return Promise.all(
    questions.map(({ check, reach, own = '' }) => io.probe(signed(check, headers.get(own) ?? {}), reach)),
  );
}

/** The place that a check is of, where that told nothing: whether it is well is not known, and it is not asked. */
export function blindFor(check: HealthCheck, seen: Observed): BlindPlace | undefined {
  const part = partIn(check);
  if (part === undefined) return undefined;
  if (seen.kind === 'unreachable' || seen.kind === 'unobservable') return { ...seen, name: part };
  return blindPlaces(seen).find(({ name }) => name === part);
}

export function partIn(check: HealthCheck): string | undefined {
  return check.kind === 'command' ? undefined : check.part;
}

function addressesOf(seen: Observed): readonly string[] {
  if (seen.kind !== 'running') return [];
  const all = [seen, ...(seen.places ?? []).filter((place) => place.kind === 'running')];
  return all.flatMap(({ address }) => (address === undefined ? [] : [address]));
}

function leadsTo(check: HealthCheck, address: string, reach: Reach): boolean {
  if (check.kind !== 'http') return false;
  const origin = URL.parse(address)?.origin;
  const place = check.url.startsWith('/') ? reach(check.port) : check.url;
  return origin !== undefined && place !== undefined && URL.parse(place)?.origin === origin;
}
