import { GantryError } from './errors.ts';
import type { Release } from './release.ts';

/** Those that a person may mean by an id, by the beginning of one, by a version or by a tag. */
export function releasesNamed(releases: readonly Release[], named: string): readonly Release[] {
  const exact = releases.find((release) => release.id === named);
  if (exact !== undefined) return [exact];
  return releases.filter(
    (release) =>
      release.id.startsWith(named) ||
      release.version === named ||
      release.images.some(({ tags }) => tags.includes(named)),
  );
}

/** Throws `release-unknown` where it is none, or one of several. */
export function findRelease(releases: readonly Release[], named: string): Release {
  const matches = releasesNamed(releases, named);
  const [only, ...others] = matches;
  if (only === undefined) {
    throw new GantryError(
      'release-unknown',
      `There is no release ${named} in this workspace.`,
      'gantry history --kind build lists the releases; gantry build makes one.',
    );
  }
  if (others.length > 0) {
    throw new GantryError(
      'release-unknown',
      `${named} names ${matches.length} releases: ${matches.map((release) => release.id).join(', ')}.`,
      'Name one of them by its id.',
    );
  }
  return only;
}
