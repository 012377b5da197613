import { cellTag } from '#shared/domain/matrix.ts';
import type { Release } from '#shared/domain/release.ts';
import type { WorkspaceConfig } from '#shared/domain/workspace-config.ts';
import { tagFields, tagName } from '../availability/tag-names.ts';

/** Longest tag that registries take. */
const maxTag = 128;

/** `image:<own>` first, which never moves; then those that tags.release in gantry.yml gives it. */
export function plainNames(
  { image, tags }: Pick<WorkspaceConfig, 'image' | 'tags'>,
  release: Pick<Release, 'id' | 'version' | 'source' | 'builtAt'>,
): readonly string[] {
  const fields = tagFields(release);
  const names = tags.release
    .map((template) => tagName(template, fields))
    .filter((name) => name !== undefined);
  return [...new Set([release.id, ...names])].map((name) => `${image}:${name}`);
}

/**
 * Names of one image of a release; the first is its own and never moves. With a matrix each cell has its own names, and
 * the first cell has the plain ones besides: it is what runs where no cell is named, by Gantry as by `docker run`.
 *
 * @param plain without a cell, the release's own first
 */
export function namesOf(plain: readonly string[], cell: string | undefined, isFirst: boolean): string[] {
  if (cell === undefined) return [...plain];
  return [...plain.map((name) => withCell(name, cell)), ...(isFirst ? plain : [])];
}

function withCell(name: string, cell: string): string {
  const suffix = `-${cellTag(cell)}`;
  const colon = name.lastIndexOf(':');
  return `${name.slice(0, colon + 1)}${name.slice(colon + 1).slice(0, maxTag - suffix.length)}${suffix}`;
}
