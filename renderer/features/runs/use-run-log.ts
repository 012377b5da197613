import { useEffect, useState } from 'react';
import type { RunId } from '#shared/domain/ids.ts';
import { useClient } from '../../transport/client-context.tsx';
import type { LogState } from './log-reader.ts';
import { createLogReader } from './log-reader.ts';

const nothing: LogState = { lines: [], total: 0, isEnded: false, isKnown: false, trouble: undefined };

/** A run's log, growing while the run does. */
export function useRunLog(runId: RunId): LogState {
  const client = useClient();
  const [state, setState] = useState(nothing);
  useEffect(() => {
    const reader = createLogReader({
      client,
      runId,
      isVisible: () => document.visibilityState === 'visible',
      sleep,
    });
    const stop = reader.subscribe(() => setState(reader.get()));
    document.addEventListener('visibilitychange', reader.wake);
    return () => {
      document.removeEventListener('visibilitychange', reader.wake);
      stop();
      reader.dispose();
    };
  }, [client, runId]);
  return state;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
