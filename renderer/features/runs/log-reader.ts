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
  /** The window may be visible again. */
  readonly wake: () => void;
  readonly dispose: () => void;
};

export type LogReaderPorts = {
  readonly client: Client;
  readonly runId: RunId;
  /** Nobody looks at a hidden window, so nothing is asked for it. */
  readonly isVisible: () => boolean;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

/** More would hold up the process that answers, and whatever else it serves. */
const PAGE = 500;
/** A question waits for a line for so long, and is then asked anew. */
const WAIT_MS = 20_000;
const HIDDEN_MS = 500;
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
    // That there is nothing yet is known at once, too.
    const question = { runId, from: lines.length + 1, limit: PAGE, waitMs: state.isKnown ? WAIT_MS : 0 };
    const page = await client.runs.log(question, { signal: disposed.signal });
    for (const line of page.lines) lines.push(toReadLine(line));
    const isEnded = page.ended && lines.length >= page.total;
    const isSame = state.isKnown && page.lines.length === 0 && isEnded === state.isEnded && !state.trouble;
    if (!isSame) change({ total: page.total, isEnded, isKnown: true, trouble: undefined });
  };
  const read = async (): Promise<void> => {
    while (!disposed.signal.aborted && !state.isEnded) {
      try {
        if (isVisible() || !state.isKnown) await readPage();
        else await rest(HIDDEN_MS);
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
    wake: () => nap.abort(),
    dispose: () => {
      disposed.abort();
      listeners.clear();
    },
  };
}
