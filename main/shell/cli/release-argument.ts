import { GantryError } from '#shared/domain/errors.ts';
import type { Release } from '#shared/domain/release.ts';
import type { WorkspaceView } from '#shared/domain/workspace.ts';
import type { GantryClient } from '../gantry-client.ts';

/** The whole id of the release that a person named by id, by the beginning of its id, by version or by tag. */
export async function resolveRelease(
  client: GantryClient,
  workspace: Pick<WorkspaceView, 'id'>,
  named: string,
): Promise<string> {
  const releases = await client.releases.list({ workspaceId: workspace.id, limit: 500 });
  return findRelease(releases, named).id;
}

export function newestOf(releases: readonly Release[]): Release {
  const [newest] = releases;
  if (newest !== undefined) return newest;
  throw new GantryError('release-unknown', 'There is no release yet.', 'gantry build makes one.');
}

export function findRelease(releases: readonly Release[], named: string): Release {
  const exact = releases.find((release) => release.id === named);
  if (exact !== undefined) return exact;
  const matches = releases.filter(
    (release) =>
      release.id.startsWith(named) ||
      release.version === named ||
      release.images.some(({ tags }) => tags.includes(named)),
  );
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
