import { GantryError } from '#shared/domain/errors.ts';
import { refused } from './failures.ts';
import { digestOf, type Manifest } from './manifest.ts';
import type { RemoteRepository } from './repository.ts';

/** Taking back is not the caller's to cancel any more. */
const takeBackWithinMs = 30_000;

/**
 * Puts a manifest under a tag, reads back what is there, and on any trouble takes the tag back to where it was. What
 * the registry answered is not enough: only what it gives is.
 */
export async function settleTag(
  destination: RemoteRepository,
  tag: string,
  manifest: Manifest,
  was: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  let told: string | undefined;
  try {
    told = (await destination.putManifest(tag, manifest, signal)).digest;
    const seen = await destination.digest(tag, signal);
    if (seen === manifest.digest) return;
    throw refused(
      `The registry ${destination.at.host} says that ${destination.name}:${tag} is ${seen ?? 'nothing'} after ${manifest.digest} was put there.`,
      'Somebody else may have moved the tag; if nobody did, the registry is broken.',
    );
  } catch (error) {
    const isRewritten = told !== undefined && told !== manifest.digest;
    const sentence = await takeBack(destination, tag, manifest.digest, was, isRewritten);
    if (sentence === undefined || !(error instanceof GantryError)) throw error;
    throw new GantryError(error.code, `${error.message} ${sentence}`, error.hint, { cause: error });
  }
}

/** What a person must know of it; `undefined` when the tag is where it was. */
async function takeBack(
  destination: RemoteRepository,
  tag: string,
  ours: string,
  was: string | undefined,
  isRewritten: boolean,
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(takeBackWithinMs);
  try {
    const found = await destination.rawManifest(tag, signal);
    const now = found && digestOf(found.raw);
    if (now === was) return undefined;
    // Somebody else's, which is not ours to undo.
    if (now !== ours && !isRewritten)
      return `The tag was moved by somebody else, and is left at ${now ?? 'nothing'}.`;
    if (was === undefined) {
      await destination.deleteManifest(tag, signal);
      return undefined;
    }
    const before = await destination.rawManifest(was, signal);
    if (before === undefined)
      return `The tag could not be taken back: ${was} is not in the registry any more.`;
    await destination.putManifest(tag, before, signal);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `Where the tag points now is not known, or it could not be taken back to ${was ?? 'nothing'}: ${why}`;
  }
}
