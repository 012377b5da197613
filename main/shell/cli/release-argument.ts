import { GantryError } from '#shared/domain/errors.ts';
import { findRelease } from '#shared/domain/find-release.ts';
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
