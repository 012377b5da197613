import { byRevision, latest, type Service, shortName, type TrafficTarget } from './shapes.ts';

/** Who serves: each revision with a part of the traffic, largest part first. */
export type Share = { readonly revision: string; readonly percent: number };

/** What Cloud Run says that it does, and not what was asked for. */
export function sharesOf(
  service: Pick<Service, 'trafficStatuses' | 'latestReadyRevision'>,
): readonly Share[] {
  const { trafficStatuses, latestReadyRevision } = service;
  return summed(
    trafficStatuses.map((entry) => ({ ...entry, revision: revisionOf(entry, latestReadyRevision) })),
  );
}

/** What was asked for. No entry at all means all to the latest that is ready. */
export function askedShares(service: Pick<Service, 'traffic' | 'latestReadyRevision'>): readonly Share[] {
  const { traffic, latestReadyRevision } = service;
  const asked = traffic.length === 0 ? [{ type: latest, percent: 100 }] : traffic;
  return summed(asked.map((entry) => ({ ...entry, revision: revisionOf(entry, latestReadyRevision) })));
}

function revisionOf({ type, revision }: Pick<TrafficTarget, 'type' | 'revision'>, ready: string): string {
  return shortName(type === latest || revision === undefined ? ready : revision);
}

function summed(shares: readonly Share[]): readonly Share[] {
  const all = new Map<string, number>();
  for (const { revision, percent } of shares) {
    if (revision !== '' && percent > 0) all.set(revision, (all.get(revision) ?? 0) + percent);
  }
  return [...all]
    .map(([revision, percent]) => ({ revision, percent }))
    .toSorted((a, b) => b.percent - a.percent || a.revision.localeCompare(b.revision));
}

/** Whether a revision that somebody makes gets traffic by being made. */
export function followsLatest({ traffic }: Pick<Service, 'traffic'>): boolean {
  return traffic.length === 0 || traffic.some(({ type, percent }) => type === latest && percent > 0);
}

/** Tags of others stay where they are; a tag that follows the latest revision goes on doing so. */
export function tagsOf({ traffic }: Pick<Service, 'traffic'>, ours: string): readonly TrafficTarget[] {
  return traffic
    .filter(({ tag }) => tag !== undefined && tag !== ours)
    .map(({ type, revision, tag }) =>
      type === latest || revision === undefined
        ? { type: latest, percent: 0, ...named(tag) }
        : { type: byRevision, revision: shortName(revision), percent: 0, ...named(tag) },
    );
}

function named(tag: string | undefined): { readonly tag?: string } {
  return tag === undefined ? {} : { tag };
}

export function pinned(shares: readonly Share[]): readonly TrafficTarget[] {
  return shares.map(({ revision, percent }) => ({ type: byRevision, revision, percent }));
}

/** `percent` to one revision, and the rest to the others in the proportions that they have. */
export function withShare(base: readonly Share[], revision: string, percent: number): readonly Share[] {
  const others = base.filter((share) => share.revision !== revision);
  const whole = others.reduce((sum, share) => sum + share.percent, 0);
  const rest = 100 - percent;
  if (whole === 0 || rest <= 0) return [{ revision, percent: 100 }];
  const scaled = others.map((share) => ({ ...share, percent: Math.floor((share.percent * rest) / whole) }));
  const missing = rest - scaled.reduce((sum, share) => sum + share.percent, 0);
  return [
    { revision, percent },
    ...scaled.map((share, index) => (index === 0 ? { ...share, percent: share.percent + missing } : share)),
  ].filter((share) => share.percent > 0);
}

export function sameShares(a: readonly Share[], b: readonly Share[]): boolean {
  const text = (shares: readonly Share[]) => JSON.stringify(summed(shares));
  return text(a) === text(b);
}

/** Whether the same was asked for, in whatever order. */
export function sameTraffic(a: readonly TrafficTarget[], b: readonly TrafficTarget[]): boolean {
  const text = (all: readonly TrafficTarget[]) =>
    all
      .map(({ type, revision, percent, tag }) => JSON.stringify([type, revision ?? '', percent, tag ?? '']))
      .toSorted()
      .join();
  return text(a) === text(b);
}

/** `shop-00007 90 %, shop-00008 10 %` */
export function sharesText(shares: readonly Share[]): string {
  return shares.length === 0
    ? 'nothing'
    : shares.map(({ revision, percent }) => `${revision} ${percent} %`).join(', ');
}
