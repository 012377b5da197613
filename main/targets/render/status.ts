/** What a deploy's status means for whoever waits for it. */
export type Standing =
  | { readonly kind: 'going' }
  | { readonly kind: 'live' }
  /** It was live, and another one replaced it. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'canceled' }
  | { readonly kind: 'failed'; readonly why: string };

export function standingOf(status: string | null | undefined): Standing {
  switch (status) {
    case 'live':
      return { kind: 'live' };
    case 'deactivated':
      return { kind: 'replaced' };
    case 'canceled':
      return { kind: 'canceled' };
    case 'build_failed':
      return { kind: 'failed', why: 'Render could not get the image ready (build_failed)' };
    case 'pre_deploy_failed':
      return { kind: 'failed', why: 'the pre-deploy command failed (pre_deploy_failed)' };
    case 'update_failed':
      return { kind: 'failed', why: 'the new instances did not become healthy (update_failed)' };
    // created, queued, build_in_progress, pre_deploy_in_progress, update_in_progress, and what comes one day.
    default:
      return { kind: 'going' };
  }
}

export function isOver(status: string | null | undefined): boolean {
  return standingOf(status).kind !== 'going';
}
