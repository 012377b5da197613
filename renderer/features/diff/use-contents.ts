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
  /** Totals are still to come. */
  readonly isReadingOn: boolean;
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
  /** The images of which there is no more to be known. */
  const [spent, setSpent] = useState('');
  const { workspaceId, left, right } = asked ?? {};
  const isHere = contents !== undefined;
  const isReadingOn = whole && isHere && contents.right.files === undefined && spent !== key;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks again
  useEffect(() => {
    if (workspaceId === undefined || left === undefined || right === undefined || (isHere && !isReadingOn))
      return;
    const stop = new AbortController();
    setFailed(undefined);
    client.images.compare({ workspaceId, left, right, whole: isReadingOn }, { signal: stop.signal }).then(
      (answer) => {
        store.getState().keep(key, answer.contents);
        if (isReadingOn) setSpent(key);
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        // What is there is right without the rest.
        if (isReadingOn) setSpent(key);
        else setFailed({ key, trouble: toTrouble(error) });
      },
    );
    return () => stop.abort();
  }, [client, store, workspaceId, left, right, key, isHere, isReadingOn, attempt]);
  return {
    contents,
    isReadingOn,
    trouble: failed?.key === key ? failed.trouble : undefined,
    again: () => setAttempt(attempt + 1),
  };
}
