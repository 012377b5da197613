import type { WorkspaceId } from '#shared/domain/ids.ts';
import type { Release } from '#shared/domain/release.ts';
import type { PrunePreview } from '#shared/domain/retention.ts';
import type { Ports } from '../context.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import { loadWorkspace, type OpenWorkspace } from '../open-workspace.ts';
import { type Decision, decide } from './decide.ts';
import { createLedgerReader } from './ledger-facts.ts';
import { allNames, isNothing, type Removal, removalOf } from './removal.ts';
import { look, type Seen } from './seen.ts';

/** What would go now, and what that comes down to. */
export type Prospect = {
  readonly preview: PrunePreview;
  /** The oldest first, so that the newest are left longest. */
  readonly removals: readonly Removal[];
};

export async function previewPrune(
  ports: Ports,
  workspaceId: WorkspaceId,
  signal: AbortSignal,
): Promise<PrunePreview> {
  return (await foresee(ports, await loadWorkspace(ports, workspaceId), signal)).preview;
}

export async function foresee(
  ports: Ports,
  workspace: OpenWorkspace,
  signal: AbortSignal,
): Promise<Prospect> {
  const reader = createLedgerReader(ports);
  const seen = await look(ports, workspace, reader, signal);
  const { retention } = workspace.config;
  const decision = decide(reader, workspace, seen);
  const removals = removalsIn(decision, seen);
  const vanishing = vanishingImages(removals, seen);
  const freed = vanishing.size === 0 ? undefined : await ports.engine.spaceOf(vanishing, signal);
  const byId = new Map(decision.ledger.releases.map((release) => [release.id, release]));
  const goes = removals.map(({ release, names, elsewhere, manifests, left }) => ({
    ...nameOf(release),
    names: allNames({ names, elsewhere }),
    manifests: [...manifests],
    left: [...left],
  }));
  return {
    removals: inOrder(removals.toReversed(), seen),
    preview: {
      hash: sha256(canonicalJson(removals.map(identityOf))),
      keep: retention.keep,
      goes,
      stays: decision.stays.flatMap(({ release: id, why }) => {
        const release = byId.get(id);
        return release === undefined ? [] : [{ ...nameOf(release), why: [...why] }];
      }),
      gone: decision.goes.length - removals.length,
      ...(freed === undefined ? {} : { freed }),
      notes: [...seen.notes],
    },
  };
}

/**
 * As they are given, but for an index that has another's manifest as a part: it goes before that one, so that it is never
 * without a part while it is there.
 */
function inOrder(removals: readonly Removal[], { repositories }: Seen): readonly Removal[] {
  const parts = new Map(
    repositories.flatMap(({ name, manifests }) =>
      manifests.map((one) => [`${name}@${one.digest}`, one.parts.map((part) => `${name}@${part}`)]),
    ),
  );
  const partsOf = ({ manifests }: Removal) => manifests.flatMap(({ ref }) => parts.get(ref) ?? []);
  const waiting = [...removals];
  const ordered: Removal[] = [];
  while (waiting.length > 0) {
    const free = waiting.findIndex(
      (one) =>
        !waiting.some((other) => other !== one && partsOf(other).some((part) => has(one.manifests, part))),
    );
    ordered.push(...waiting.splice(Math.max(free, 0), 1));
  }
  return ordered;
}

function has(manifests: Removal['manifests'], ref: string): boolean {
  return manifests.some((one) => one.ref === ref);
}

/** Newest first; without releases of which nothing is left. */
function removalsIn(decision: Decision, seen: Seen): readonly Removal[] {
  const goes = new Set(decision.goes);
  return decision.ledger.releases
    .filter(({ id }) => goes.has(id))
    .map((release) => removalOf(release, decision, seen, 'gone'))
    .filter((removal) => !isNothing(removal));
}

/** An engine keeps an image as long as it has any name. */
function vanishingImages(removals: readonly Removal[], { images }: Seen): ReadonlySet<string> {
  const going = new Set(removals.flatMap(({ names }) => names.map(({ name }) => name)));
  return new Set(
    images
      .filter(({ names }) => names.length > 0 && names.every((name) => going.has(name)))
      .map(({ imageId }) => imageId),
  );
}

function nameOf({ id, version, builtAt }: Release) {
  return { release: id, version, builtAt };
}

function identityOf({ release, names, elsewhere, manifests }: Removal): unknown {
  return { release: release.id, names, elsewhere, manifests };
}
