import { useEffect, useState } from 'react';
import type { ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import type { ReleaseNotes } from '#shared/domain/release.ts';
import { useClient } from '../../transport/client-context.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';

export type NotesState = {
  readonly notes: ReleaseNotes | undefined;
  readonly trouble: Trouble | undefined;
};

/** Long enough that arrow keys can run through a list without asking for each release on the way. */
const SETTLE_MS = 120;

/** What came in with a release: since the one before it, or since another that is named. */
export function useReleaseNotes(
  workspaceId: WorkspaceId,
  release: ReleaseId,
  since: ReleaseId | undefined,
): NotesState {
  const client = useClient();
  const of = `${release} ${since ?? ''}`;
  const [state, setState] = useState<NotesState & { readonly of: string }>();
  useEffect(() => {
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      const request = { workspaceId, release, ...(since === undefined ? {} : { since }) };
      try {
        const notes = await client.releases.notes(request, { signal: stop.signal });
        if (!stop.signal.aborted) setState({ of, notes, trouble: undefined });
      } catch (error) {
        if (!stop.signal.aborted) setState({ of, notes: undefined, trouble: toTrouble(error) });
      }
    };
    const timer = setTimeout(() => void ask(), SETTLE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [client, workspaceId, release, since, of]);
  return state?.of === of ? state : { notes: undefined, trouble: undefined };
}
