import type { Source } from '#shared/domain/release.ts';

/** Why a release gets no git tag: its commit has to be all of it. */
export function refuseTag(source: Pick<Source, 'commit' | 'uncommittedFiles'>): string | undefined {
  if (source.commit === undefined) return 'Built without a commit';
  return source.uncommittedFiles > 0 ? 'Built with uncommitted changes' : undefined;
}

/** As the core names it where nothing else is asked for. */
export function tagNameOf(version: string): string {
  return version.startsWith('v') ? version : `v${version}`;
}
