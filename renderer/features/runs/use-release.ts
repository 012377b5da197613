import { useEffect, useState } from 'react';
import type { ReleaseId, WorkspaceId } from '#shared/domain/ids.ts';
import type { Release } from '#shared/domain/release.ts';
import { useClient } from '../../transport/client-context.tsx';

/** As far back as a release is looked for: most are new, and each comes with all its commits. */
const LOOKED_AT = [20, 500] as const;

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
    const look = async (): Promise<void> => {
      for (const limit of LOOKED_AT) {
        const releases = await client.releases.list({ workspaceId, limit }, { signal: stop.signal });
        const release = releases.find((each) => each.id === id);
        if (stop.signal.aborted) return;
        if (release !== undefined) return setFound(release);
        if (releases.length < limit) return;
      }
    };
    // Without it a view lacks some facts and nothing else.
    look().catch(() => undefined);
    return () => stop.abort();
  }, [client, workspaceId, id]);
  return found?.id === id ? found : undefined;
}
