import type { Source } from '#shared/domain/release.ts';

export type VersionFacts = {
  readonly source: Source;
  /** The newest version tag at or before the commit. */
  readonly tag?: { readonly version: string; readonly commitsSince: number };
  /** package.json's. */
  readonly packageVersion?: string;
};

/**
 * A release's version for people, valid as an image tag. A tagged, clean commit is exactly its tag; anything after it
 * says so; without a tag the package's version and the commit name it, or the commit alone.
 */
export function versionOf({ source, tag, packageVersion }: VersionFacts): string {
  const dirty = source.uncommittedFiles > 0 ? '-dirty' : '';
  const sha = source.commit?.sha.slice(0, 7);
  if (tag !== undefined) {
    return tag.commitsSince === 0
      ? `${tag.version}${dirty}`
      : `${tag.version}-dev.${tag.commitsSince}${dirty}`;
  }
  const hash = source.uncommittedHash?.slice(0, 7);
  const build = sha === undefined ? (hash ?? 'local') : `${sha}${dirty}`;
  const version = packageVersion === undefined ? build : `${packageVersion}-${build}`;
  return version.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 128);
}
