import type { ImageFacts } from '#shared/domain/image.ts';
import type { Commit, Source } from '#shared/domain/release.ts';
import type { Ports } from '../context.ts';
import { splitRef } from './find.ts';

/** As tools write them (https://github.com/opencontainers/image-spec/blob/main/annotations.md). */
const revisionLabel = 'org.opencontainers.image.revision';
const versionLabel = 'org.opencontainers.image.version';
const createdLabel = 'org.opencontainers.image.created';

/** What an image says of where it comes from. Nobody has checked it. */
export async function sourceOf(
  { git }: Pick<Ports, 'git'>,
  folder: string,
  image: ImageFacts,
): Promise<Source> {
  const revision = image.config.labels[revisionLabel] ?? '';
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(revision)) return { uncommittedFiles: 0 };
  const known = await git.commit(folder, revision);
  return { commit: known ?? strangerOf(revision, image), uncommittedFiles: 0 };
}

/** A commit of another repository, or one that was never fetched. */
function strangerOf(sha: string, { config, createdAt }: ImageFacts): Commit {
  const created = Date.parse(config.labels[createdLabel] ?? '');
  return {
    sha,
    subject: 'not in this repository',
    author: '',
    at: Number.isFinite(created) && created > 0 ? created : (createdAt ?? 0),
  };
}

/** From its label, else from the tag by which it was named, else the beginning of its digest. Valid as a tag. */
export function versionOfImage(ref: string, image: ImageFacts): string {
  const { tag } = splitRef(ref);
  const labelled = asTag(image.config.labels[versionLabel] ?? '');
  const named = tag === undefined || tag === 'latest' ? '' : asTag(tag);
  return labelled || named || image.identity.imageId.replace(/^sha256:/, '').slice(0, 12);
}

function asTag(text: string): string {
  return text
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
}
