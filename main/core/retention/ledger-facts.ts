import type { EnvironmentName, ReleaseId, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Pin } from '#shared/domain/retention.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { Ports } from '../context.ts';
import { staysOf, wayBack } from '../releases.ts';

/** What the ledger says of one workspace that decides about its images. */
export type LedgerFacts = {
  /** Newest first. */
  readonly releases: readonly Release[];
  readonly environments: readonly {
    readonly name: EnvironmentName;
    readonly runs: ReleaseId;
    /** Newest first, without what runs now. */
    readonly wayBack: readonly ReleaseId[];
  }[];
  /** What its images were put into registries as, and what engines of environments' own call them. */
  readonly placed: ReadonlyMap<ReleaseId, readonly Placed[]>;
  readonly pins: readonly Pin[];
  readonly running: readonly RunSummary[];
};

export type LedgerReader = {
  /** Quick when little has changed since the last call, so that it may be asked within a transaction. */
  read(workspaceId: WorkspaceId): LedgerFacts;
  others(workspaceId: WorkspaceId): readonly { readonly id: WorkspaceId; readonly name: string }[];
};

export type Placed = {
  readonly repository: string;
  readonly digest: string;
  /** On that engine, and in no registry. */
  readonly engine?: string;
};

export function isInRegistry({ engine }: Placed): boolean {
  return engine === undefined;
}

type KnownPlaces = { upTo: number; readonly byRelease: Map<ReleaseId, readonly Placed[]> };

/** More than any ledger has. */
const all = 1_000_000;

/** Releases are never changed, and histories only grow: both are kept between two readings. */
export function createLedgerReader({ ledger }: Pick<Ports, 'ledger'>): LedgerReader {
  const releases = new Map<WorkspaceId, { readonly count: number; readonly list: readonly Release[] }>();
  const placed = new Map<WorkspaceId, KnownPlaces>();
  const stacks = new Map<string, { readonly newest: RunId; readonly releases: readonly ReleaseId[] }>();

  function releasesOf(workspaceId: WorkspaceId): readonly Release[] {
    const count = ledger.releases.count(workspaceId);
    const known = releases.get(workspaceId);
    if (known?.count === count) return known.list;
    const list = ledger.releases.list(workspaceId, all);
    releases.set(workspaceId, { count, list });
    return list;
  }

  /** What runs there, and then the way back. */
  function stackOf(workspaceId: WorkspaceId, name: EnvironmentName): readonly ReleaseId[] {
    const newest = ledger.environments.state(workspaceId, name)?.runId;
    if (newest === undefined) return [];
    const key = `${workspaceId} ${name}`;
    const known = stacks.get(key);
    if (known?.newest === newest) return known.releases;
    const stack = wayBack(staysOf({ ledger }, workspaceId, name, all)).map((stay) => stay.release);
    stacks.set(key, { newest, releases: stack });
    return stack;
  }

  function placedOf(workspaceId: WorkspaceId): LedgerFacts['placed'] {
    const known = placed.get(workspaceId) ?? { upTo: 0, byRelease: new Map() };
    placed.set(workspaceId, known);
    for (const { seq, release, ...place } of ledger.places.digestsSince(workspaceId, known.upTo)) {
      known.byRelease.set(release, [...(known.byRelease.get(release) ?? []), place]);
      known.upTo = seq;
    }
    return known.byRelease;
  }

  return {
    read: (workspaceId) => ({
      releases: releasesOf(workspaceId),
      placed: placedOf(workspaceId),
      environments: ledger.environments.known(workspaceId).flatMap((name) => {
        const [runs, ...back] = stackOf(workspaceId, name);
        return runs === undefined ? [] : [{ name, runs, wayBack: back }];
      }),
      pins: ledger.pins.list(workspaceId),
      running: ledger.runs.list({ workspaceId, limit: all, state: 'running' }),
    }),
    others: (workspaceId) =>
      ledger.workspaces
        .recent(all)
        .filter(({ id }) => id !== workspaceId)
        .map(({ id, folder }) => ({ id, name: folder })),
  };
}
