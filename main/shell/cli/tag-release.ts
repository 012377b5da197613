import { GantryError } from '#shared/domain/errors.ts';
import type { CommandContext } from './command-context.ts';
import { plain, plural, shortSha } from './text/format.ts';

export type MadeTag = { readonly name: string; readonly commit: string };

/** Tags a release's commit, and says so where no document is wanted. */
export async function tagRelease(
  { session, terminal, json }: CommandContext,
  workspaceId: string,
  release: string,
  name: string | undefined,
): Promise<MadeTag> {
  const client = await session.client();
  const named = name === undefined ? {} : { name };
  const made = await client.releases.gitTag({ workspaceId, release, ...named });
  if (!json) terminal.out(tagLine(made));
  return made;
}

export function tagLine({ name, commit }: MadeTag): string {
  return `git tag ${plain(name)} is on ${shortSha(commit)}; git push origin ${plain(name)} shares it\n`;
}

/** Before a long build rather than after it: what would be built is not what a tag would name. */
export async function requireCommitted({ session }: CommandContext, workspaceId: string): Promise<void> {
  const client = await session.client();
  const { git } = await client.workspaces.get({ workspaceId });
  if (git?.head !== undefined && git.uncommittedFiles === 0) return;
  throw new GantryError(
    'git-failed',
    git?.head === undefined
      ? 'There is no commit to tag.'
      : `${plural(git.uncommittedFiles, 'file')} with uncommitted changes would be built, and a git tag names a commit.`,
    'Commit everything, then build with --git-tag again.',
  );
}
