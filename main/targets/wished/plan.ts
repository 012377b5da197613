import type { ImageRules, Wish } from '#main/core/ports/target.ts';
import type { Observed } from '#shared/domain/observed.ts';
import type { SettingChange } from '#shared/domain/plan.ts';

/** With a repository the image is put there and told by digest; without one it is on the engine. */
export function rulesFor(repository: string | undefined): ImageRules {
  return repository === undefined
    ? { needsImage: 'engine', compares: 'image-id' }
    : { needsImage: 'registry', compares: 'digest' };
}

export function imageChanges(
  { release: { id, imageId, remote } }: Wish,
  seen: Observed,
  repository: string | undefined,
): readonly SettingChange[] {
  if (seen.kind === 'unreachable') return [];
  const before = seen.kind === 'running' ? seen.services[0]?.imageId : undefined;
  const digest = repository === undefined ? imageId : remote?.digest;
  const after = digest ?? `${id} (digest known after its push)`;
  if (before === after) return [];
  return [{ path: 'image', ...(before === undefined ? {} : { before }), after }];
}

/** A person must see before it starts that nobody will be able to say how it went. */
export const cannotBeVerified = 'without `observe` it cannot be verified';
