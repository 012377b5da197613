import { useEffect, useState } from 'react';
import type { RunId } from '#shared/domain/ids.ts';
import { useClient } from '../../transport/client-context.tsx';
import type { LogState } from './log-reader.ts';
import { createLogReader } from './log-reader.ts';

const nothing: LogState = { lines: [], total: 0, isEnded: false, isKnown: false, trouble: undefined };

/** A run's log, growing while the run does. `lastEvent` only wakes the reader: lines come with what happens. */
export function useRunLog(runId: RunId, lastEvent: number): LogState {
  const client = useClient();
  const [state, setState] = useState(nothing);
  const [poke, setPoke] = useState<() => void>();
  useEffect(() => {
    const reader = createLogReader({
      client,
      runId,
      isVisible: () => document.visibilityState === 'visible',
      sleep,
    });
    const stop = reader.subscribe(() => setState(reader.get()));
    setPoke(() => reader.poke);
    const onVisibility = () => reader.poke();
    document.addEventListener('visibilitychange', onVisibility);
    return () => {
      document.removeEventListener('visibilitychange', onVisibility);
      stop();
      reader.dispose();
    };
  }, [client, runId]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the event is what wakes it
  useEffect(() => poke?.(), [poke, lastEvent]);
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
