import { useRef, useState } from 'react';
import type { RunId, WorkspaceId } from '#shared/domain/ids.ts';
import { useRouter } from '../../stores/routes/use-route.tsx';
import { useWorkspace } from '../../stores/stores.tsx';
import { newRequestId } from '../../transport/request-id.ts';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';

type Begun = { readonly workspaceId: WorkspaceId; readonly requestId: string };

export type Starting = {
  readonly isSending: boolean;
  readonly trouble: Trouble | undefined;
  readonly forget: () => void;
  /** Begins a run and opens it; answers with why it was refused, where it was. */
  readonly start: (
    begin: (begun: Begun) => Promise<{ readonly runId: RunId }>,
  ) => Promise<Trouble | undefined>;
};

/** For the forms that begin a run. A lost answer is asked for again under the same id, so that no second run begins. */
export function useStart(): Starting {
  const router = useRouter();
  const workspaceId = useWorkspace((state) => state.current?.id);
  const [isSending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>();
  const requestId = useRef<string>(undefined);
  return {
    isSending,
    trouble,
    forget: () => setTrouble(undefined),
    start: async (begin) => {
      if (workspaceId === undefined || isSending) return undefined;
      setSending(true);
      setTrouble(undefined);
      requestId.current ??= newRequestId();
      try {
        const { runId } = await begin({ workspaceId, requestId: requestId.current });
        router.go({ view: { kind: 'run', runId } });
        return undefined;
      } catch (error) {
        const refusal = toTrouble(error);
        if (refusal.code !== 'connection-lost') requestId.current = undefined;
        setTrouble(refusal);
        return refusal;
      } finally {
        setSending(false);
      }
    },
  };
}
