import type { Promoted, Promotion } from '#main/core/ports.ts';
import { GantryError } from '#shared/domain/errors.ts';
import { untilAborted } from './aborts.ts';
import type { AskedAhead } from './asked-ahead.ts';
import { type Companions, findCompanions } from './companions.ts';
import { createCopy } from './copy-image.ts';
import { allTogether } from './crew.ts';
import { refused, unfit } from './failures.ts';
import type { Kept } from './kept.ts';
import { isSamePlatform, type Manifest } from './manifest.ts';
import { platformsOf } from './platforms.ts';
import type { Progress } from './progress.ts';
import { type RemoteRepository, requireManifest } from './repository.ts';
import { settleTag } from './settle-tag.ts';
import type { UploadOptions } from './upload.ts';

export type PromoteRequest = {
  readonly source: RemoteRepository;
  readonly digest: string;
  readonly destination: RemoteRepository;
  readonly tag: string;
  readonly manifests: Kept<Manifest>;
  readonly companions: AskedAhead<Companions>;
  readonly looks: Looks;
  readonly promotion: Pick<Promotion, 'platform' | 'destinationWas'>;
  readonly progress: Progress;
  readonly upload: UploadOptions;
  readonly signal: AbortSignal;
};

/** Where tags were seen to point a moment ago, by `tagName`. */
export type Looks = AskedAhead<{ readonly digest: string | undefined }>;

/** A signature that is added meanwhile stays behind, as does one that is added right after a promotion. */
export const companionsForMs = 2_000;
/**
 * No registry writes a tag only if it is what it was: between the look and the write somebody else may always come. A plan
 * looks right before it is carried out, and that look is as good as another one here, unless the run had to wait.
 */
export const looksForMs = 500;

export async function promote(request: PromoteRequest): Promise<Promoted> {
  const { source, digest, destination, tag, promotion, progress, signal } = request;
  const looking = lookAt(request);
  // It is awaited further down, and what is before it may fail.
  looking.catch(() => {});
  const manifest = request.manifests.get(digest) ?? (await requireManifest(source, digest, signal));
  request.manifests.set(digest, manifest);
  if (promotion.platform !== undefined) await requirePlatform(source, manifest, promotion.platform, signal);
  const copy = createCopy(request);
  // Within one repository all of it is there already.
  if (source.name !== destination.name) {
    // Of what is there under no name yet nobody knows: it may come before it is known whether it is wanted.
    await allTogether(signal, (both) => [looking, copy.contents(manifest, both)]);
    const isNew = (await looking) === undefined;
    const companions = await untilAborted(request.companions.take(nameWith(request)), signal);
    // While layers are mounted a registry has enough to do.
    await allTogether(signal, (both) => [
      ...(isNew && isKnownToKeep(destination) ? [] : [putByDigest(destination, manifest, both)]),
      copy.companions(manifest, companions, both),
    ]);
  }
  const was = await looking;
  if (was !== digest) {
    await settleTag(destination, tag, manifest, was, signal);
    destination.client.traits.add(keeping(destination));
  }
  progress.flush();
  return { digest, ...(was === undefined ? {} : { was }), ...copy.counts() };
}

/** Asks the source now what `promote` is about to need, as far as it is the same whatever happens until then. */
export function expectPromotion(request: Pick<PromoteRequest, 'source' | 'digest' | 'companions'>): void {
  const { source, digest, companions } = request;
  const { signal } = new AbortController();
  companions.put(nameWith(request), findCompanions(source, digest, true, signal));
}

function nameWith({ source, digest }: Pick<PromoteRequest, 'source' | 'digest'>): string {
  return `${source.name}@${digest}`;
}

/**
 * A registry that was seen to keep a manifest as it was given may have the next one under a new tag at once: what is wrong
 * there after all is seen when it is read back, and taken away again.
 */
function isKnownToKeep(destination: RemoteRepository): boolean {
  return destination.client.traits.has(keeping(destination));
}

/** One host may have several registries behind it, told apart by how a repository begins. */
function keeping({ at }: RemoteRepository): string {
  return `${at.path.split('/')[0]} keeps manifests`;
}

export function tagName({ name }: RemoteRepository, tag: string): string {
  return `${name}:${tag}`;
}

/** What the tag is now. Throws where that is not what was planned, but for a tag that is right already: nothing is lost. */
async function lookAt(request: PromoteRequest) {
  const { destination, digest, tag, looks, promotion, signal } = request;
  const name = tagName(destination, tag);
  const seen = await untilAborted(looks.take(name), signal);
  const was = seen === undefined ? await destination.digest(tag, signal) : seen.digest;
  if (was !== digest) requireUnmoved(name, was, promotion.destinationWas);
  return was;
}

/** A registry that makes another manifest of it is found out before any tag has moved. */
async function putByDigest(
  destination: RemoteRepository,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<void> {
  const { digest } = manifest;
  const told = (await destination.putManifest(digest, manifest, signal)).digest;
  // What it says of itself is enough here: the tag, which comes last, is read back.
  if (told === digest) return;
  const seen = await destination.digest(digest, signal);
  if (seen === digest && told === undefined) return;
  const other = [told, seen].find((one) => one !== undefined && one !== digest) ?? 'nothing';
  throw refused(
    `The registry ${destination.at.host} made ${other} of ${digest} in ${destination.name}.`,
    'It does not keep images as they are, so nothing that is promoted there can be trusted: use another.',
  );
}

function requireUnmoved(name: string, was: string | undefined, planned: string | null | undefined): void {
  if (planned === undefined || planned === (was ?? null)) return;
  throw new GantryError(
    'plan-stale',
    `${name} has moved since the plan: it was ${planned ?? 'nothing'}, and is ${was ?? 'nothing'}.`,
    'Plan again, and look at what has changed.',
  );
}

async function requirePlatform(
  source: RemoteRepository,
  manifest: Manifest,
  wanted: string,
  signal: AbortSignal,
): Promise<void> {
  const platforms = await platformsOf(source, manifest, signal);
  if (platforms.some((platform) => isSamePlatform(platform, wanted))) return;
  const has = platforms.length === 0 ? 'is for no platform' : `is for ${platforms.join(', ')}`;
  throw unfit(
    `${source.name}@${manifest.digest} ${has}, not for ${wanted}.`,
    `Build for it as well: add ${wanted} to build.platforms in gantry.yml.`,
  );
}
