import { useEffect, useState } from 'react';
import type { Commit } from '#shared/domain/release.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import type { RunView } from '#shared/domain/run-reducer.ts';
import { useClient } from '../../transport/client-context.tsx';

/** What is said about the release of a run. */
export type BuiltFacts = {
  readonly commit?: Commit | undefined;
  readonly uncommittedFiles: number;
  readonly imageId: string;
  readonly size: number;
};

/** As far back as the release of a run is looked for. */
const LOOKED_AT = 500;

/** From the run's own plan; a build has none, so its release is asked for once it was recorded. */
export function useReleaseFacts(run: RunSummary, plan: RunView['plan']): BuiltFacts | undefined {
  const client = useClient();
  const [asked, setAsked] = useState<BuiltFacts & { readonly id: string }>();
  const { release, workspaceId } = run;
  const isKnown = plan !== undefined;
  useEffect(() => {
    if (isKnown || release === undefined) return;
    const stop = new AbortController();
    client.releases.list({ workspaceId, limit: LOOKED_AT }, { signal: stop.signal }).then(
      (releases) => {
        const found = releases.find((each) => each.id === release);
        if (found === undefined || stop.signal.aborted) return;
        const { commit, uncommittedFiles } = found.source;
        setAsked({
          id: found.id,
          commit,
          uncommittedFiles,
          imageId: found.images[0].image.identity.imageId,
          size: found.images[0].image.size,
        });
      },
      // Without it the view lacks two facts and nothing else.
      () => undefined,
    );
    return () => stop.abort();
  }, [client, workspaceId, release, isKnown]);
  if (plan !== undefined) return plan.release;
  return asked?.id === release ? asked : undefined;
}
