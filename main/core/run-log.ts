import type { RunId } from '#shared/domain/ids.ts';
import type { LogLine } from '#shared/domain/run-events.ts';
import { type Core, requireRun } from './core.ts';

export type LogQuestion = {
  readonly runId: RunId;
  readonly from: number;
  readonly limit: number;
  /** How long the answer may wait for a first line, in ms. */
  readonly waitMs: number;
};

export type LogPage = { readonly lines: LogLine[]; readonly total: number; readonly ended: boolean };

/** A log is asked for and not sent by itself: who reads slowly would have it heaped up. Throws `run-unknown`. */
export async function readLog(
  { ports, live }: Pick<Core, 'ports' | 'live'>,
  { waitMs, ...wanted }: LogQuestion,
  signal: AbortSignal,
): Promise<LogPage> {
  let page = pageOf(ports, wanted);
  if (waitMs === 0 || isAnswer(page)) return page;
  const until = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
  while (!isAnswer(page) && (await live.changed(until))) page = pageOf(ports, wanted);
  return page;
}

function isAnswer({ lines, ended }: LogPage): boolean {
  return lines.length > 0 || ended;
}

function pageOf(
  ports: Pick<Core['ports'], 'ledger'>,
  { runId, from, limit }: Omit<LogQuestion, 'waitMs'>,
): LogPage {
  // The state first: lines written in between are then read, never missed.
  const { state } = requireRun(ports, runId);
  return {
    ended: state !== 'running',
    total: ports.ledger.logs.count(runId),
    lines: [...ports.ledger.logs.read(runId, from, limit)],
  };
}
