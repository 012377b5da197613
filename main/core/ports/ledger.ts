import type { EnvironmentState, Hold, Lease } from '#shared/domain/environment-state.ts';
import type { EnvironmentName, EnvSnapshotId, ReleaseId, RunId, WorkspaceId } from '#shared/domain/ids.ts';
import type { RunKind } from '#shared/domain/outcome.ts';
import type { ProcessIdentity } from '#shared/domain/processes.ts';
import type { Release } from '#shared/domain/release.ts';
import type { Pin } from '#shared/domain/retention.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { Actor, LogLine, RecordedEvent, RunEvent } from '#shared/domain/run-events.ts';
import type { RecentWorkspace } from '#shared/domain/workspace.ts';

/** A build that waits for `#build` has a place of its own, named after its request. */
export type WaitingScope = `#waiting:build:${string}`;

/** What a lease is on: an environment, what makes and removes the workspace's images, or a place in the queue for that. */
export type LeaseScope = EnvironmentName | '#build' | WaitingScope;

/** Taken: under a new token. Behind: who goes before, the next to go first; never empty. */
export type Advance =
  | { readonly kind: 'taken'; readonly token: number }
  | { readonly kind: 'behind'; readonly leases: readonly Lease[] };

/** A release's image in a registry. */
export type ImagePlace = {
  readonly cell?: string;
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly at: number;
};

/** A release's image on an engine that did not build it. */
export type EnginePlaced = {
  readonly cell?: string;
  /** For people. */
  readonly engine: string;
  /** As that engine calls it. */
  readonly imageId: string;
};

export type RunFilter = {
  readonly workspaceId: WorkspaceId;
  readonly before?: RunId | undefined;
  readonly limit: number;
  readonly environment?: EnvironmentName | undefined;
  readonly kind?: RunKind | undefined;
  readonly state?: RunSummary['state'] | undefined;
  readonly release?: ReleaseId | undefined;
  readonly since?: number | undefined;
};

export type RequestRun = {
  readonly workspaceId: WorkspaceId;
  readonly requestId: string;
  readonly scope: LeaseScope;
  readonly owner: ProcessIdentity;
  readonly by: Actor;
  readonly reason: string;
  readonly at: number;
  /** A heartbeat older than this, whose owner is not alive, may be taken over. */
  readonly staleAfterMs: number;
  readonly isOwnerAlive: (owner: ProcessIdentity) => boolean;
  readonly event: RunEvent;
  /** Recorded in the same transaction, such as that its first step has begun. */
  readonly next?: RunEvent;
  /** Called in the transaction, before anything is written; what it throws refuses the run. It only reads the ledger. */
  readonly check?: () => void;
};

/** A release's images that are being removed, or were. */
export type Removal = {
  readonly runId: RunId;
  readonly release: ReleaseId;
  readonly digests: readonly string[];
};

/**
 * Taken: the run was inserted, holds the lease and has its first event. Repeated: this request started that run before.
 * Busy: somebody else holds the lease, or waits for it. Abandoned: a run whose owner died must be recovered first.
 */
export type RequestRunAnswer =
  | { readonly kind: 'taken'; readonly runId: RunId; readonly token: number }
  | { readonly kind: 'repeated'; readonly runId: RunId }
  | { readonly kind: 'busy'; readonly lease: Lease }
  | { readonly kind: 'abandoned'; readonly runId: RunId; readonly lease: Lease };

export type EnvSnapshotRow = {
  readonly id: EnvSnapshotId;
  readonly workspaceId: WorkspaceId;
  readonly environment: EnvironmentName;
  readonly takenAt: number;
  /** Key -> keyed hash of its value; readable without the key that unseals the values. */
  readonly fingerprints: Readonly<Record<string, string>>;
  readonly sealed: Uint8Array;
};

/** All calls are synchronous and answer within milliseconds; each write is one transaction. */
export type Ledger = {
  readonly runs: {
    /** One transaction: lease, run row, first event. */
    request(request: RequestRun): RequestRunAnswer;
    /** The run that this request started, if it did. */
    byRequest(workspaceId: WorkspaceId, requestId: string): RunId | undefined;
    /**
     * Appends and updates the projections in the same transaction. `run-ended` also writes the environment's state and
     * hold and releases the lease. Throws `environment-busy` when `token` is no longer the lease's (fencing).
     */
    append(runId: RunId, token: number, at: number, event: RunEvent): RecordedEvent;
    /** The same for several, in one transaction: all of them or none. */
    appendAll(runId: RunId, token: number, at: number, events: readonly RunEvent[]): readonly RecordedEvent[];
    /** As `appendAll` without waiting for the disk: a power cut may lose it, never what came before it. */
    appendAllSoon(
      runId: RunId,
      token: number,
      at: number,
      events: readonly RunEvent[],
    ): readonly RecordedEvent[];
    /**
     * As `append`, if what was asked holds in the same transaction: nobody can write in between. `holds` only reads the
     * ledger; it may be called twice.
     */
    appendIf(
      runId: RunId,
      token: number,
      at: number,
      event: RunEvent,
      holds: () => boolean,
    ): RecordedEvent | undefined;
    /** A cancel may come from any process, so it needs no lease. False when the run has ended or was asked before. */
    requestCancel(runId: RunId, at: number, by: Actor): boolean;
    /** As any process may cancel, anybody may give up. False while it goes on, and when it was given up before. */
    giveUp(runId: RunId, at: number, by: Actor): boolean;
    get(runId: RunId): RunSummary | undefined;
    events(runId: RunId, afterN?: number): readonly RecordedEvent[];
    list(filter: RunFilter): readonly RunSummary[];
    /** Runs without an end, over all workspaces. */
    unfinished(): readonly RunId[];
    /** Duration of the newest successful run of the kind there; builds are in no environment. */
    lastDuration(workspaceId: WorkspaceId, kind: RunKind, environment?: EnvironmentName): number | undefined;
  };
  readonly events: {
    /** Over all runs of a workspace, in order of `seq`. */
    after(workspaceId: WorkspaceId, seq: number, limit: number): readonly RecordedEvent[];
    lastSeq(): number;
    /** True when any process has written since the last call. Cheap: it may be polled. */
    hasChanged(): boolean;
  };
  readonly leases: {
    /**
     * A run in a waiting scope passes to `#build` when that is free and no run of a lower number waits for it.
     * Throws `environment-busy` when `token` is no longer the lease's (fencing).
     */
    advance(runId: RunId, token: number, at: number): Advance;
    /** Who has `#build`, then who waits for it, the next to go first. */
    queue(workspaceId: WorkspaceId): readonly Lease[];
    get(workspaceId: WorkspaceId, scope: LeaseScope): Lease | undefined;
    /** False when the lease was lost. */
    heartbeat(runId: RunId, token: number, at: number): boolean;
    /** For recovery: a dead owner's lease on its unfinished run passes to `owner` under a new token. Undefined when another process was quicker or the owner lives. */
    takeOver(
      runId: RunId,
      owner: ProcessIdentity,
      at: number,
      staleAfterMs: number,
      isOwnerAlive: (owner: ProcessIdentity) => boolean,
    ): number | undefined;
  };
  readonly environments: {
    state(workspaceId: WorkspaceId, environment: EnvironmentName): EnvironmentState | undefined;
    /** Every release that a run left here, newest first, with its env snapshot; the current one first. */
    history(
      workspaceId: WorkspaceId,
      environment: EnvironmentName,
      limit: number,
    ): readonly EnvironmentState[];
    /** Every environment that a run ever left something in, also those that gantry.yml no longer has. */
    known(workspaceId: WorkspaceId): readonly EnvironmentName[];
    /**
     * Whether a run ever left this release here and ended well: one that lost its health while it was watched did not.
     * `unverified`: none was seen to.
     */
    wasLeft(
      workspaceId: WorkspaceId,
      environment: EnvironmentName,
      release: ReleaseId,
    ): 'seen' | 'unverified' | undefined;
    hold(workspaceId: WorkspaceId, environment: EnvironmentName): Hold | undefined;
    putHold(workspaceId: WorkspaceId, environment: EnvironmentName, hold: Hold): void;
    /** Nothing happens where there is no hold. `by` is kept with the time. */
    liftHold(workspaceId: WorkspaceId, environment: EnvironmentName, by?: string): void;
    /** Folds every event again and writes the projections anew; for tests and repair. */
    rebuild(): void;
  };
  readonly releases: {
    /** Of one that is known already only what it passed is written anew. */
    put(release: Release, fullHash: string): void;
    get(workspaceId: WorkspaceId, id: ReleaseId): Release | undefined;
    byHash(workspaceId: WorkspaceId, fullHash: string): Release | undefined;
    /** Newest first. */
    list(workspaceId: WorkspaceId, limit: number): readonly Release[];
    count(workspaceId: WorkspaceId): number;
    /** The shortest `r-…` of this hash that no other release has. */
    freeId(workspaceId: WorkspaceId, fullHash: string): ReleaseId;
  };
  readonly pins: {
    list(workspaceId: WorkspaceId): readonly Pin[];
    /** A second pin replaces the first. `check` is called in the transaction; what it throws refuses the pin. */
    put(workspaceId: WorkspaceId, pin: Pin, check?: () => void): void;
    /** False when it was not pinned. */
    remove(workspaceId: WorkspaceId, release: ReleaseId, by: string): boolean;
  };
  readonly removals: {
    /**
     * Over all workspaces: those announced by a run that goes on and has not said that they are over, and those
     * announced or over after `seq`. One may be named twice.
     */
    since(seq: number): readonly Removal[];
  };
  /** Where images were put, as runs recorded it. */
  readonly places: {
    /** Newest first; one for each repository and cell. */
    of(workspaceId: WorkspaceId, release: ReleaseId): readonly ImagePlace[];
    /** Ids that a release's images got on other engines than the one that built them. */
    onEngines(workspaceId: WorkspaceId, release: ReleaseId): readonly EnginePlaced[];
    /** Digests of every release's images in registries and on other engines, as recorded after `seq`; oldest first. */
    digestsSince(
      workspaceId: WorkspaceId,
      seq: number,
    ): readonly {
      readonly seq: number;
      readonly release: ReleaseId;
      readonly repository: string;
      readonly digest: string;
      readonly engine?: string;
    }[];
  };
  readonly envSnapshots: {
    /** Idempotent by id. */
    put(row: EnvSnapshotRow): void;
    get(id: EnvSnapshotId): EnvSnapshotRow | undefined;
  };
  readonly logs: {
    /** Lines get the numbers that follow the last. */
    append(runId: RunId, lines: readonly Omit<LogLine, 'n'>[]): void;
    read(runId: RunId, from: number, limit: number): readonly LogLine[];
    count(runId: RunId): number;
  };
  readonly workspaces: {
    /** Same folder, same id. */
    opened(folder: string, name: string, at: number): WorkspaceId;
    folder(id: WorkspaceId): string | undefined;
    recent(limit: number): readonly Omit<RecentWorkspace, 'present'>[];
    /** `trustedHash` names the exact commands that were trusted; another hash is untrusted again. */
    isTrusted(id: WorkspaceId, trustedHash: string): boolean;
    trust(id: WorkspaceId, trustedHash: string, at: number): void;
  };
  facts(): { readonly path: string; readonly bytes: number; readonly schemaVersion: number };
  /** Reads the whole file; one line for each thing that is wrong. Slow on a large ledger, so for the doctor only. */
  check(): readonly string[];
  close(): void;
};
