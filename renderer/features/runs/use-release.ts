import { useEffect, useState } from 'react';
import type { ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Release } from '#shared/domain/release.ts';
import { useClient } from '../../transport/client-context.tsx';

/** As far back as a release is looked for. */
const LOOKED_AT = 500;

/** A release by its id; undefined while it is asked for, and where it cannot be had. */
export function useRelease(
  workspaceId: WorkspaceId | undefined,
  id: ReleaseId | undefined,
): Release | undefined {
  const client = useClient();
  const [found, setFound] = useState<Release>();
  useEffect(() => {
    if (id === undefined || workspaceId === undefined) return;
    const stop = new AbortController();
    client.releases.list({ workspaceId, limit: LOOKED_AT }, { signal: stop.signal }).then(
      (releases) => !stop.signal.aborted && setFound(releases.find((each) => each.id === id)),
      // Without it a view lacks some facts and nothing else.
      () => undefined,
    );
    return () => stop.abort();
  }, [client, workspaceId, id]);
  return found?.id === id ? found : undefined;
}
