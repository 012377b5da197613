import type { RunView } from '#shared/domain/run-reducer.ts';

export type Moves = Pick<RunView, 'places' | 'movedTags' | 'removals'>;

/** These runs are about images and names alone, so all of it is shown whichever step is chosen. */
const wholly: ReadonlySet<RunView['kind']> = new Set(['push', 'tag', 'prune']);

/** What there is to show of images and names beside the log; undefined for a step that touched none. */
export function movesOf(view: RunView, step: string | undefined): Moves | undefined {
  const of = <Fact extends { readonly step: string }>(facts: readonly Fact[]): readonly Fact[] =>
    wholly.has(view.kind) ? facts : facts.filter((fact) => fact.step === step);
  const moves = { places: of(view.places), movedTags: of(view.movedTags), removals: of(view.removals) };
  const isEmpty = moves.places.length + moves.movedTags.length + moves.removals.length === 0;
  return isEmpty ? undefined : moves;
}
