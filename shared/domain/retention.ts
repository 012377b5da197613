import * as z from 'zod';
import { assertNever } from './errors.ts';
import { environmentNameSchema, type ReleaseId, releaseIdSchema, runIdSchema, timeSchema } from './ids.ts';

/** A person's word that a release's image stays, until they take it back. */
export const pinSchema = z.object({
  release: releaseIdSchema,
  by: z.string(),
  at: timeSchema,
  note: z.string().optional(),
});
export type Pin = z.infer<typeof pinSchema>;

/** Why a release's image stays. */
export const stayReasonSchema = z.discriminatedUnion('kind', [
  /** Among the newest that `retention.keep` keeps. */
  z.object({ kind: z.literal('newest') }),
  /** The last run left it there. */
  z.object({ kind: z.literal('runs'), environment: environmentNameSchema }),
  /** Going back, once or again, leads to it. */
  z.object({ kind: z.literal('way-back'), environment: environmentNameSchema }),
  /** Whatever the ledger says, the target runs it. */
  z.object({ kind: z.literal('observed'), environment: environmentNameSchema }),
  /** A container of the engine, running or stopped, has it. */
  z.object({ kind: z.literal('container'), name: z.string() }),
  z.object({ kind: z.literal('pinned'), by: z.string(), note: z.string().optional() }),
  /** A run that has not ended brings it somewhere, or came from it. */
  z.object({ kind: z.literal('in-flight'), runId: runIdSchema }),
  /** The same image under another name: it goes or stays with all of them. */
  z.object({ kind: z.literal('shares-image'), with: releaseIdSchema }),
  /** Another workspace on this machine needs that image. */
  z.object({ kind: z.literal('elsewhere'), workspace: z.string() }),
]);
export type StayReason = z.infer<typeof stayReasonSchema>;
type EnvironmentName = z.infer<typeof environmentNameSchema>;
type RunId = z.infer<typeof runIdSchema>;

export type RetentionFacts = {
  readonly keep: number;
  /** Newest first. `digests`: every id and digest by which any of its images is known anywhere. */
  readonly releases: readonly { readonly id: ReleaseId; readonly digests: readonly string[] }[];
  readonly environments: readonly {
    readonly name: EnvironmentName;
    readonly runs?: ReleaseId;
    readonly wayBack: readonly ReleaseId[];
    /** Ids and digests that its target runs; empty where that could not be seen. */
    readonly seen: readonly string[];
  }[];
  readonly containers: readonly { readonly name: string; readonly imageId: string }[];
  readonly pins: readonly Pick<Pin, 'release' | 'by' | 'note'>[];
  readonly inFlight: readonly { readonly runId: RunId; readonly releases: readonly ReleaseId[] }[];
  /** What other workspaces protect. */
  readonly elsewhere: readonly { readonly workspace: string; readonly digests: readonly string[] }[];
};

export type Retention = {
  /** In the order of the releases. */
  readonly stays: readonly { readonly release: ReleaseId; readonly why: readonly StayReason[] }[];
  readonly goes: readonly ReleaseId[];
  /** Everything that anything protected has: nothing with one of these is removed, under whatever name. */
  readonly protectedDigests: ReadonlySet<string>;
};

/** Which releases' images may be removed. Whatever is not known to be free to go, stays. */
export function whatMayGo(facts: RetentionFacts): Retention {
  const why = new Map<ReleaseId, StayReason[]>();
  const stay = (id: ReleaseId, reason: StayReason) => why.set(id, [...(why.get(id) ?? []), reason]);
  const owners = ownersOf(facts);
  const stayWith = (digest: string, reason: StayReason) => {
    for (const id of owners.get(digest) ?? []) stay(id, reason);
  };

  for (const { id } of facts.releases.slice(0, facts.keep)) stay(id, { kind: 'newest' });
  for (const { name: environment, runs, wayBack, seen } of facts.environments) {
    if (runs !== undefined) stay(runs, { kind: 'runs', environment });
    for (const id of new Set(wayBack)) if (id !== runs) stay(id, { kind: 'way-back', environment });
    for (const digest of seen) stayWith(digest, { kind: 'observed', environment });
  }
  for (const { name, imageId } of facts.containers) stayWith(imageId, { kind: 'container', name });
  for (const { release, by, note } of facts.pins) {
    stay(release, { kind: 'pinned', by, ...(note === undefined ? {} : { note }) });
  }
  for (const { runId, releases } of facts.inFlight) {
    for (const id of new Set(releases)) stay(id, { kind: 'in-flight', runId });
  }
  for (const { workspace, digests } of facts.elsewhere) {
    for (const digest of digests) stayWith(digest, { kind: 'elsewhere', workspace });
  }
  spread(facts, owners, why);
  return {
    stays: facts.releases.flatMap(({ id }) => {
      const reasons = why.get(id);
      return reasons === undefined ? [] : [{ release: id, why: distinct(reasons) }];
    }),
    goes: facts.releases.map(({ id }) => id).filter((id) => !why.has(id)),
    protectedDigests: protectedIn(facts, why),
  };
}

function ownersOf({ releases }: RetentionFacts): ReadonlyMap<string, readonly ReleaseId[]> {
  const owners = new Map<string, ReleaseId[]>();
  for (const { id, digests } of releases) {
    for (const digest of new Set(digests)) owners.set(digest, [...(owners.get(digest) ?? []), id]);
  }
  return owners;
}

/** A digest is removed under all its names, so what shares one with a release that stays, stays; and so on. */
function spread(
  { releases }: RetentionFacts,
  owners: ReadonlyMap<string, readonly ReleaseId[]>,
  why: Map<ReleaseId, StayReason[]>,
): void {
  const digestsOf = new Map(releases.map(({ id, digests }) => [id, digests]));
  const waiting = [...why.keys()];
  for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
    for (const other of (digestsOf.get(id) ?? []).flatMap((digest) => owners.get(digest) ?? [])) {
      if (why.has(other)) continue;
      why.set(other, [{ kind: 'shares-image', with: id }]);
      waiting.push(other);
    }
  }
}

function protectedIn(
  { releases, environments, containers, elsewhere }: RetentionFacts,
  why: ReadonlyMap<ReleaseId, unknown>,
): ReadonlySet<string> {
  return new Set([
    ...releases.filter(({ id }) => why.has(id)).flatMap(({ digests }) => digests),
    ...environments.flatMap(({ seen }) => seen),
    ...containers.map(({ imageId }) => imageId),
    ...elsewhere.flatMap(({ digests }) => digests),
  ]);
}

function distinct(reasons: readonly StayReason[]): readonly StayReason[] {
  return [...new Map(reasons.map((reason) => [JSON.stringify(reason), reason])).values()];
}

/** `prod runs it`, as it stands in lists of reasons. */
export function stayText(reason: StayReason): string {
  switch (reason.kind) {
    case 'newest':
      return 'among the newest';
    case 'runs':
      return `${reason.environment} runs it`;
    case 'way-back':
      return `${reason.environment} could go back to it`;
    case 'observed':
      return `seen running in ${reason.environment}`;
    case 'container':
      return `the container ${reason.name} has it`;
    case 'pinned':
      return `pinned by ${reason.by}${reason.note === undefined ? '' : `: ${reason.note}`}`;
    case 'in-flight':
      return `run ${reason.runId} uses it`;
    case 'shares-image':
      return `the same image as ${reason.with}`;
    case 'elsewhere':
      return `the workspace ${reason.workspace} needs it`;
    default:
      return assertNever(reason);
  }
}

/** A name that was not, or would not be, removed, and why. */
export const leftNameSchema = z.object({ name: z.string(), why: z.string() });
export type LeftName = z.infer<typeof leftNameSchema>;

/** A manifest in a registry, and the tags that go with it. */
export const registryManifestSchema = z.object({
  /** `ghcr.io/acme/shop@sha256:…` */
  ref: z.string(),
  tags: z.array(z.string()),
});
export type RegistryManifest = z.infer<typeof registryManifestSchema>;

const releaseInPreviewSchema = z.object({
  release: releaseIdSchema,
  version: z.string(),
  builtAt: timeSchema,
});

/** What removing would do now. Nothing has been removed. */
export const prunePreviewSchema = z.object({
  /** Over what goes: equal hashes mean the same removals. */
  hash: z.string(),
  keep: z.number(),
  goes: z.array(
    releaseInPreviewSchema.extend({
      /** Names on the engine that Gantry gave. */
      names: z.array(z.string()),
      manifests: z.array(registryManifestSchema),
      /** Other names of the same image: it stays under these. */
      left: z.array(leftNameSchema),
    }),
  ),
  stays: z.array(releaseInPreviewSchema.extend({ why: z.array(stayReasonSchema).min(1) })),
  /** Releases that could go and of which nothing is left to remove. */
  gone: z.number(),
  /**
   * What the engine would have free: layers that nothing else has. `isAtLeast`: it does not tell all of it. Absent where
   * it tells nothing.
   */
  freed: z.object({ bytes: z.number(), isAtLeast: z.boolean() }).optional(),
  /** What could not be seen, such as a registry that does not answer; sentences. */
  notes: z.array(z.string()),
});
export type PrunePreview = z.infer<typeof prunePreviewSchema>;
