import { GantryError } from '#shared/domain/errors.ts';
import type { Release } from '#shared/domain/release.ts';
import { withCell } from './availability/facts.ts';
import { requireTag, tagFields, tagName } from './availability/tag-names.ts';
import type { Ports } from './context.ts';
import type { OpenWorkspace } from './open-workspace.ts';

/** More than any ledger has. */
const all = 1_000_000;

/**
 * Tags that a person wants for a release. Throws `usage` for what is no tag, and for the own name of another release:
 * that one never moves, for a deploy and a way back rely on it.
 */
export function requireAskedTags(
  { ledger }: Pick<Ports, 'ledger'>,
  release: Release,
  tags: readonly string[],
): void {
  for (const tag of tags) requireTag(tag);
  const wanted = new Set(release.images.flatMap(({ cell }) => tags.map((tag) => withCell(tag, cell))));
  for (const other of ledger.releases.list(release.workspaceId, all)) {
    if (other.id === release.id) continue;
    const own = [other.id, ...other.images.map(({ cell }) => withCell(other.id, cell))];
    const taken = own.find((name) => wanted.has(name));
    if (taken === undefined) continue;
    throw new GantryError(
      'usage',
      `${taken} is the own name of release ${other.id}, which never moves.`,
      `Take another tag for ${release.id}.`,
    );
  }
}

/** Whether gantry.yml says that a tag refuses to move: as one of tags.immutable makes it, for whichever release. */
export function isImmutable(
  { ledger }: Pick<Ports, 'ledger'>,
  { id, config }: Pick<OpenWorkspace, 'id' | 'config'>,
  tag: string,
): boolean {
  return config.tags.immutable.some((template) =>
    ledger.releases.list(id, all).some((release) => tagName(template, tagFields(release)) === tag),
  );
}
