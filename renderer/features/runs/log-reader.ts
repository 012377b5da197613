import type { RunId } from '#shared/domain/ids.ts';
import type { Client } from '../../transport/client.ts';
import type { Trouble } from '../../transport/trouble.ts';
import { toTrouble } from '../../transport/trouble.ts';
import type { ReadLine } from './log-level.ts';
import { toReadLine } from './log-level.ts';

export type LogState = {
  /** Grows in place; `lines.length` and a new state object tell that it did. */
  readonly lines: readonly ReadLine[];
  /** Written so far, as far as is known. */
  readonly total: number;
  /** Nothing more will come. */
  readonly isEnded: boolean;
  /** The first answer has come. */
  readonly isKnown: boolean;
  readonly trouble: Trouble | undefined;
};

export type LogReader = {
  readonly get: () => LogState;
  readonly subscribe: (onChange: () => void) => () => void;
  /** Asks for what is new now, instead of at the next turn. */
  readonly poke: () => void;
  readonly dispose: () => void;
};

export type LogReaderPorts = {
  readonly client: Client;
  readonly runId: RunId;
  /** Nobody looks at a hidden window, so nothing is asked for it. */
  readonly isVisible: () => boolean;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

const PAGE = 5_000;
const POLL_MS = 500;
const RETRY_MS = 3_000;

/** Reads a run's log by cursor from its first line: page after page, then what is new until it has ended. */
export function createLogReader({ client, runId, isVisible, sleep }: LogReaderPorts): LogReader {
  const lines: ReadLine[] = [];
  const listeners = new Set<() => void>();
  const disposed = new AbortController();
  let nap = new AbortController();
  let state: LogState = { lines, total: 0, isEnded: false, isKnown: false, trouble: undefined };

  const change = (changes: Partial<LogState>): void => {
    state = { ...state, ...changes };
    for (const listener of listeners) listener();
  };
  const rest = async (ms: number): Promise<void> => {
    nap = new AbortController();
    await sleep(ms, AbortSignal.any([nap.signal, disposed.signal])).catch(() => undefined);
  };
  const readPage = async (): Promise<void> => {
    const from = lines.length + 1;
    const page = await client.runs.log({ runId, from, limit: PAGE }, { signal: disposed.signal });
    for (const line of page.lines) lines.push(toReadLine(line));
    const isEnded = page.ended && lines.length >= page.total;
    const isSame = state.isKnown && page.lines.length === 0 && isEnded === state.isEnded && !state.trouble;
    if (!isSame) change({ total: page.total, isEnded, isKnown: true, trouble: undefined });
  };
  const read = async (): Promise<void> => {
    while (!disposed.signal.aborted && !state.isEnded) {
      try {
        if (isVisible() || !state.isKnown) await readPage();
        if (lines.length >= state.total && !state.isEnded) await rest(POLL_MS);
      } catch (error) {
        if (disposed.signal.aborted) return;
        change({ trouble: toTrouble(error) });
        await rest(RETRY_MS);
      }
    }
  };
  void read();

  return {
    get: () => state,
    subscribe: (onChange) => {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    poke: () => nap.abort(),
    dispose: () => {
      disposed.abort();
      listeners.clear();
    },
  };
}
