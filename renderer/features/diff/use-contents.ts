import { useEffect, useState } from 'react';
import type { WorkspaceId } from '#shared/domain/ids.ts';
import type { ImageContentsDiff } from '#shared/domain/image-contents.ts';
import { contentsKey } from '../../stores/contents-store.ts';
import { useContentsStore, useStores } from '../../stores/stores.tsx';
import { useClient } from '../../transport/client-context.tsx';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';

/** What is to be compared, and the ids of the images, by which the answer is kept. */
export type ContentsAsked = {
  readonly workspaceId: WorkspaceId;
  readonly left: string;
  readonly right: string;
  readonly leftImageId: string | undefined;
  readonly rightImageId: string;
};

export type Contents = {
  readonly contents: ImageContentsDiff | undefined;
  readonly trouble: Trouble | undefined;
  readonly again: () => void;
};

/**
 * What is inside two images. It may take seconds where layers were never read, so it is asked for beside what is shown
 * at once, and the engine's work ends when somebody leaves. How they differ is there first; the `whole` of it, which has
 * their totals, follows.
 */
export function useContents(asked: ContentsAsked | undefined, { whole = false } = {}): Contents {
  const client = useClient();
  const { contents: store } = useStores();
  const key = asked === undefined ? '' : contentsKey(asked.leftImageId, asked.rightImageId);
  const contents = useContentsStore((state) => state.known.get(key));
  const [failed, setFailed] = useState<{ readonly key: string; readonly trouble: Trouble }>();
  const [attempt, setAttempt] = useState(0);
  const { workspaceId, left, right } = asked ?? {};
  const isHere = contents !== undefined;
  const isDone = isHere && (!whole || contents.right.files !== undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks again
  useEffect(() => {
    if (workspaceId === undefined || left === undefined || right === undefined || isDone) return;
    const stop = new AbortController();
    setFailed(undefined);
    client.images.compare({ workspaceId, left, right, whole: isHere }, { signal: stop.signal }).then(
      (answer) => store.getState().keep(key, answer.contents),
      (error: unknown) => {
        // What is there is right without the rest.
        if (!stop.signal.aborted && !isHere) setFailed({ key, trouble: toTrouble(error) });
      },
    );
    return () => stop.abort();
  }, [client, store, workspaceId, left, right, key, isHere, isDone, attempt]);
  return {
    contents,
    trouble: failed?.key === key ? failed.trouble : undefined,
    again: () => setAttempt(attempt + 1),
  };
}
