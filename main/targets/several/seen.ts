import type { Observed } from '#shared/domain/observed.ts';

type Running = Extract<Observed, { kind: 'running' }>;
export type SeenOf = readonly (readonly [member: string, seen: Observed])[];

/** One place out of several: what is of a member begins with its name. */
export function together(members: SeenOf): Observed {
  const at = Math.max(...members.map(([, seen]) => seen.at));
  for (const kind of ['unreachable', 'unobservable'] as const) {
    const blind = members.flatMap(([name, seen]) => (seen.kind === kind ? [`${name}: ${seen.why}`] : []));
    if (blind.length > 0) return { kind, at, why: blind.join('; ') };
  }
  const running = members.flatMap(([, seen]) => (seen.kind === 'running' ? [seen] : []));
  if (running.length === 0) return { kind: 'empty', at };
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
  };
}

/** A member that is empty while others are not is a service that runs nothing: nobody may overlook it. */
function servicesOf(name: string, seen: Observed): Running['services'] {
  if (seen.kind !== 'running')
    return [
      { name, imageId: '', imageRef: '', releaseLabel: '', health: 'stopped', state: nothing, ports: [] },
    ];
  return seen.services.map((service) => ({ ...service, name: `${name}/${service.name}` }));
}

const nothing = 'runs nothing';

/** What of it is a member's, as the member itself saw it. */
export function partOf(seen: Observed, name: string): Observed {
  if (seen.kind !== 'running') return seen;
  const { at, services, settings, address } = seen;
  const own = services.filter((service) => service.name.startsWith(`${name}/`));
  if (own.length === 0) return { kind: 'empty', at };
  const inside = Object.entries(settings).filter(([path]) => path.startsWith(`${name}/`));
  return {
    kind: 'running',
    at,
    services: own.map((service) => ({ ...service, name: service.name.slice(name.length + 1) })),
    settings: Object.fromEntries(inside.map(([path, value]) => [path.slice(name.length + 1), value])),
    ...(address === undefined ? {} : { address }),
  };
}

function prefixed(settings: Running['settings'], prefix: string): Running['settings'] {
  return Object.fromEntries(Object.entries(settings).map(([path, value]) => [`${prefix}${path}`, value]));
}
