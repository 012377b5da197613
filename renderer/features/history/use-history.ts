import { useEffect, useMemo, useRef, useState } from 'react';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import { environmentNameSchema, releaseIdSchema } from '#shared/domain/ids.ts';
import type { RunSummary } from '#shared/domain/run.ts';
import { useConnection, useRuns } from '../../stores/stores.tsx';
import type { Client } from '../../transport/client.ts';
import { useClient } from '../../transport/client-context.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';
import type { HistoryFilter } from './history-rows.ts';
import { withRecent } from './history-rows.ts';

const PAGE = 100;

type Pages = {
  /** The filter these runs were listed under. */
  readonly filter: HistoryFilter;
  readonly runs: readonly RunSummary[];
  /** The ledger has nothing older. */
  readonly isComplete: boolean;
};

export type History = {
  /** Undefined until the first answer. */
  readonly runs: readonly RunSummary[] | undefined;
  readonly isComplete: boolean;
  readonly isLoading: boolean;
  readonly trouble: Trouble | undefined;
  readonly more: () => void;
  readonly again: () => void;
};

/** The ledger's runs under a filter, page after page; the first ones stay live. */
export function useHistory(workspaceId: WorkspaceId, filter: HistoryFilter): History {
  const client = useClient();
  const recent = useRuns((state) => state.recent);
  const connection = useConnection((state) => state.state.kind);
  const [pages, setPages] = useState<Pages>();
  const [trouble, setTrouble] = useState<Trouble>();
  const [isLoading, setLoading] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const asking = useRef<AbortController>(undefined);

  const load = (before: Pages | undefined): void => {
    asking.current?.abort();
    const asked = new AbortController();
    asking.current = asked;
    setLoading(true);
    listRuns(client, workspaceId, filter, before?.runs.at(-1), asked.signal).then(
      (runs) => {
        if (asked.signal.aborted) return;
        setPages({ filter, runs: [...(before?.runs ?? []), ...runs], isComplete: runs.length < PAGE });
        setTrouble(undefined);
        setLoading(false);
      },
      (error: unknown) => {
        if (asked.signal.aborted) return;
        setTrouble(toTrouble(error));
        setLoading(false);
      },
    );
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: another question, a wire that is back, another attempt
  useEffect(() => {
    load(undefined);
    return () => asking.current?.abort();
  }, [client, workspaceId, filter, connection, attempt]);

  const runs = useMemo(
    () => (pages === undefined ? undefined : withRecent(pages.runs, recent, pages.filter)),
    [pages, recent],
  );
  return {
    runs,
    isComplete: pages?.isComplete ?? false,
    isLoading,
    trouble,
    more: () => {
      if (!isLoading && pages !== undefined && !pages.isComplete && trouble === undefined) load(pages);
    },
    again: () => setAttempt(attempt + 1),
  };
}

async function listRuns(
  client: Client,
  workspaceId: WorkspaceId,
  filter: HistoryFilter,
  last: RunSummary | undefined,
  signal: AbortSignal,
): Promise<readonly RunSummary[]> {
  const { environment, release, ...rest } = filter;
  const name = environmentNameSchema.safeParse(environment).data;
  const id = releaseIdSchema.safeParse(release).data;
  return client.runs.list(
    {
      workspaceId,
      limit: PAGE,
      ...rest,
      ...(name === undefined ? {} : { environment: name }),
      ...(id === undefined ? {} : { release: id }),
      ...(last === undefined ? {} : { before: last.id }),
    },
    { signal },
  );
}
