import { asWhole, blindPlaces, type Observed, type ObservedPlace } from '#shared/domain/observed.ts';

type Running = Extract<Observed, { kind: 'running' }>;
export type SeenOf = readonly (readonly [member: string, seen: Observed])[];

/**
 * One place out of several: what is of a member begins with its name. A member that tells nothing hides no other; only
 * where none tells anything nothing is known of the whole.
 */
export function together(members: SeenOf): Observed {
  const at = Math.max(...members.map(([, seen]) => seen.at));
  const places = members.map(([name, seen]) => placeOf(name, seen));
  const unsaid: Running = { kind: 'running', at, services: [], settings: {}, places };
  const blind = blindPlaces(unsaid);
  if (blind.length === members.length) return asWhole(unsaid);
  const running = members.flatMap(([, seen]) => (seen.kind === 'running' ? [seen] : []));
  if (running.length + blind.length === 0) return { kind: 'empty', at };
  const address = running.find((seen) => seen.address !== undefined)?.address;
  return {
    kind: 'running',
    at,
    services: members.flatMap(([name, seen]) => servicesOf(name, seen)),
    settings: Object.assign(
      {},
      ...members.map(([name, seen]) =>
        seen.kind === 'running' ? prefixed(seen.settings, `${name}/`) : undefined,
      ),
    ),
    ...(address === undefined ? {} : { address }),
    notes: members.flatMap(([name, seen]) =>
      seen.kind === 'running' ? (seen.notes ?? []).map((note) => `${name}: ${note}`) : [],
    ),
    places,
  };
}

function placeOf(name: string, seen: Observed): ObservedPlace {
  switch (seen.kind) {
    case 'running':
      return { kind: 'running', name, ...(seen.address === undefined ? {} : { address: seen.address }) };
    case 'empty':
      return { kind: 'empty', name };
    case 'unobservable':
    case 'unreachable':
      return { kind: seen.kind, name, why: seen.why };
  }
}

/** A member that is empty while others are not is a service that runs nothing: nobody may overlook it. */
function servicesOf(name: string, seen: Observed): Running['services'] {
  if (seen.kind === 'unreachable' || seen.kind === 'unobservable') return [];
  if (seen.kind === 'empty')
    return [
      { name, imageId: '', imageRef: '', releaseLabel: '', health: 'stopped', state: nothing, ports: [] },
    ];
  return seen.services.map((service) => ({ ...service, name: `${name}/${service.name}` }));
}

const nothing = 'runs nothing';

function prefixed(settings: Running['settings'], prefix: string): Running['settings'] {
  return Object.fromEntries(Object.entries(settings).map(([path, value]) => [`${prefix}${path}`, value]));
}
