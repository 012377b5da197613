import { GantryError } from '#shared/domain/errors.ts';
import type { ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Release, ReleaseNotes, Source } from '#shared/domain/release.ts';
import type { Ports } from './context.ts';
import { loadWorkspace, type OpenWorkspace } from './open-workspace.ts';
import { requireRelease } from './releases.ts';

type Needs = Pick<Ports, 'git' | 'ledger'>;

/** Commits that a release's notes hold; the rest are counted. */
export const maxNotedCommits = 500;

/** What came in with this source. Absent where git cannot tell: a release is none the worse for it. */
export async function notesOf(
  ports: Needs,
  { id, folder }: Pick<OpenWorkspace, 'id' | 'folder'>,
  source: Source,
): Promise<ReleaseNotes | undefined> {
  const { commit } = source;
  if (commit === undefined) return undefined;
  try {
    return await readNotes(ports, folder, await releaseBefore(ports, id, folder, source), commit.sha);
  } catch (error) {
    if (error instanceof GantryError) return undefined;
    throw error;
  }
}

/** Those recorded with a release, or what came in since another. */
export async function askNotes(
  ports: Ports,
  workspaceId: WorkspaceId,
  asked: { readonly release: ReleaseId; readonly since?: ReleaseId | undefined },
): Promise<ReleaseNotes> {
  const release = requireRelease(ports, workspaceId, asked.release);
  const since = asked.since && requireRelease(ports, workspaceId, asked.since);
  if (since === undefined && release.notes !== undefined) return release.notes;
  const workspace = await loadWorkspace(ports, workspaceId);
  const sha = requireCommit(release);
  if (since !== undefined) requireCommit(since);
  const notes = await readNotes(ports, workspace.folder, since, sha);
  if (notes !== undefined) return notes;
  throw new GantryError(
    'git-failed',
    `The repository does not have the commits of ${[since, release].flatMap((one) => one?.id ?? []).join(' and ')}.`,
    'Fetch the branch they were built from, then ask again.',
  );
}

function requireCommit({ id, source }: Release): string {
  if (source.commit !== undefined) return source.commit.sha;
  throw new GantryError(
    'git-failed',
    `${id} was built without a commit, so nothing says what came in with it.`,
    'Build from a git repository, and releases have notes.',
  );
}

async function readNotes(
  { git }: Pick<Ports, 'git'>,
  folder: string,
  since: Release | undefined,
  sha: string,
): Promise<ReleaseNotes | undefined> {
  const log = await git.log(folder, since?.source.commit?.sha, sha, maxNotedCommits);
  if (log === undefined) return undefined;
  const commit = since?.source.commit?.sha;
  return {
    ...(since === undefined || commit === undefined
      ? {}
      : { since: { release: since.id, version: since.version, commit } }),
    commits: [...log.commits],
    total: log.total,
  };
}

/** Releases among which the one before is looked for. */
const lookBack = 100;

/**
 * The newest earlier release of the branch whose commit this one contains; where the branch was rewritten and none is,
 * the newest of the branch. Those of the same commit are passed over: between them there are no commits to tell of.
 */
async function releaseBefore(
  ports: Needs,
  workspaceId: WorkspaceId,
  folder: string,
  { branch, commit }: Source,
): Promise<Release | undefined> {
  const earlier = ports.ledger.releases
    .list(workspaceId, lookBack)
    .filter(({ source }) => source.branch === branch && source.commit !== undefined)
    .filter(({ source }) => source.commit?.sha !== commit?.sha);
  if (commit === undefined || earlier.length === 0) return undefined;
  const shas = [...new Set(earlier.flatMap(({ source }) => source.commit?.sha ?? []))];
  const contained = await ports.git.firstContained(folder, shas, commit.sha);
  return earlier.find(({ source }) => source.commit?.sha === contained) ?? earlier[0];
}
