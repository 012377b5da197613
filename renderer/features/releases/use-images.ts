import { useEffect, useState } from 'react';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import type { ImageList } from '#shared/domain/image-list.ts';
import type { Release } from '#shared/domain/release.ts';
import { useConnection, useRuns } from '../../stores/stores.tsx';
import { useClient } from '../../transport/client-context.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';

const PAGE = 50;
/** The contract's own limit. */
const MOST = 500;

export type Images = {
  /** Undefined until first answered. */
  readonly list: ImageList | undefined;
  readonly releases: readonly Release[];
  readonly trouble: Trouble | undefined;
  /** Registries have not answered yet: what is shown is what this engine knows. */
  readonly isAskingRegistries: boolean;
  readonly isComplete: boolean;
  readonly more: () => void;
  readonly again: () => void;
};

/**
 * Releases with where their images are. The engine answers at once and is shown; registries take longer and then add
 * to it. Asked again when a run has ended, since most runs move images.
 */
export function useImages(workspaceId: WorkspaceId): Images {
  const client = useClient();
  const connection = useConnection((state) => state.state.kind);
  const ended = useRuns((state) => state.recent.filter((run) => run.state !== 'running').length);
  const newest = useRuns((state) => state.recent.find((run) => run.state !== 'running')?.id);
  const [list, setList] = useState<ImageList>();
  const [releases, setReleases] = useState<readonly Release[]>([]);
  const [trouble, setTrouble] = useState<Trouble>();
  const [isAskingRegistries, setAskingRegistries] = useState(true);
  const [limit, setLimit] = useState(PAGE);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the wire's return, a run that ended and a new attempt ask again
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    let isWhole = false;
    const show = (next: ImageList, whole: boolean): void => {
      if (signal.aborted || (isWhole && !whole)) return;
      isWhole = whole;
      setList(next);
      setTrouble(undefined);
    };
    const ask = (registry: boolean) =>
      client.images.list({ workspaceId, limit, registry }, { signal }).then((next) => show(next, registry));
    const fail = (error: unknown) => {
      if (!signal.aborted) setTrouble(toTrouble(error));
    };
    setAskingRegistries(true);
    // What was found in registries stays until they are asked again: it would come and go at every run.
    if (list === undefined) ask(false).catch(() => undefined);
    ask(true)
      .catch(fail)
      .finally(() => !signal.aborted && setAskingRegistries(false));
    client.releases.list({ workspaceId, limit }, { signal }).then(
      (all) => !signal.aborted && setReleases(all),
      // Without it the tests are not told, and nothing else.
      () => undefined,
    );
    return () => stop.abort();
  }, [client, workspaceId, connection, ended, newest, limit, attempt]);
  return {
    list,
    releases,
    trouble,
    isAskingRegistries,
    isComplete: list === undefined || list.images.length < limit || limit >= MOST,
    more: () => setLimit(Math.min(MOST, limit + PAGE * 2)),
    again: () => setAttempt(attempt + 1),
  };
}
