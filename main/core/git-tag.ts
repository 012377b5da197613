import { GantryError } from '#shared/domain/errors.ts';
import type { ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import { notesText } from '#shared/domain/release-notes.ts';
import type { Ports } from './context.ts';
import { loadWorkspace } from './open-workspace.ts';
import { requireRelease } from './releases.ts';

/** Puts a release's version on its commit, with its notes. A commit that is not all of the release gets no tag. */
export async function tagCommit(
  ports: Ports,
  workspaceId: WorkspaceId,
  asked: { readonly release: ReleaseId; readonly name?: string | undefined },
): Promise<{ name: string; commit: string }> {
  const { id, version, source, notes } = requireRelease(ports, workspaceId, asked.release);
  if (source.commit === undefined)
    throw refused(`${id} was built without a commit, so there is none to tag.`);
  if (source.uncommittedFiles > 0) {
    throw refused(`${id} was built with uncommitted changes: its commit alone is not what was built.`);
  }
  const { sha } = source.commit;
  const name = asked.name ?? tagNameOf(version);
  const { folder } = await loadWorkspace(ports, workspaceId);
  const message = notes === undefined ? `${version}\n` : notesText(notes, version);
  await ports.git.createTag(folder, name, sha, message);
  return { name, commit: sha };
}

function tagNameOf(version: string): string {
  return version.startsWith('v') ? version : `v${version}`;
}

function refused(message: string): GantryError {
  return new GantryError('git-failed', message, 'Commit everything, build again and tag that release.');
}
