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
  /** Something happened in the run: what it wrote is asked for soon. As often as one likes. */
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

/** More would hold up the process that answers, and whatever else it serves. */
const PAGE = 500;
/** Between two questions: at first and while lines come, a line should be seen at once; a silent run is asked less. */
const POLL_MS = { least: 20, most: 500, growth: 1.5 } as const;
const RETRY_MS = 3_000;

/** Reads a run's log by cursor from its first line: page after page, then what is new until it has ended. */
export function createLogReader({ client, runId, isVisible, sleep }: LogReaderPorts): LogReader {
  const lines: ReadLine[] = [];
  const listeners = new Set<() => void>();
  const disposed = new AbortController();
  let nap = { ms: 0, control: new AbortController() };
  let pollMs: number = POLL_MS.least;
  let state: LogState = { lines, total: 0, isEnded: false, isKnown: false, trouble: undefined };

  const change = (changes: Partial<LogState>): void => {
    state = { ...state, ...changes };
    for (const listener of listeners) listener();
  };
  const rest = async (ms: number): Promise<void> => {
    nap = { ms, control: new AbortController() };
    await sleep(ms, AbortSignal.any([nap.control.signal, disposed.signal])).catch(() => undefined);
  };
  const readPage = async (): Promise<void> => {
    const from = lines.length + 1;
    const page = await client.runs.log({ runId, from, limit: PAGE }, { signal: disposed.signal });
    for (const line of page.lines) lines.push(toReadLine(line));
    if (page.lines.length > 0) pollMs = POLL_MS.least;
    const isEnded = page.ended && lines.length >= page.total;
    const isSame = state.isKnown && page.lines.length === 0 && isEnded === state.isEnded && !state.trouble;
    if (!isSame) change({ total: page.total, isEnded, isKnown: true, trouble: undefined });
  };
  const read = async (): Promise<void> => {
    while (!disposed.signal.aborted && !state.isEnded) {
      try {
        const isLooking = isVisible() || !state.isKnown;
        if (isLooking) await readPage();
        if (state.isEnded || (isLooking && lines.length < state.total)) continue;
        const ms = pollMs;
        pollMs = Math.min(POLL_MS.most, pollMs * POLL_MS.growth);
        await rest(ms);
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
    poke: () => {
      // A short nap is not worth breaking off: events come by the hundred, questions should not.
      if (nap.ms > POLL_MS.least) nap.control.abort();
      pollMs = POLL_MS.least;
    },
    dispose: () => {
      disposed.abort();
      listeners.clear();
    },
  };
}
