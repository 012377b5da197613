export type ScrollState = { readonly top: number; readonly height: number; readonly view: number };

/** Within one line of the end counts as at the end. */
const NEAR_END_PX = 19;

export function atEnd(state: ScrollState): boolean {
  return state.height - state.view - state.top <= NEAR_END_PX;
}

/**
 * Whether the log still follows its tail after a scroll. Moving up lets go, reaching the end takes hold again.
 * A shrinking content also lowers `top`, and that is not the person's doing.
 */
export function followAfter(following: boolean, before: ScrollState, after: ScrollState): boolean {
  const shrank = after.height < before.height || after.view !== before.view;
  if (atEnd(after)) return following || !shrank;
  if (after.top < before.top - 1 && !shrank) return false;
  return following;
}
