import type { RunId } from '#shared/domain/ids.ts';
import { endText, type RunSummary } from '#shared/domain/run.ts';

/** What the ledger is asked for. The names are those of the address. */
export type HistoryFilter = {
  readonly environment?: string;
  readonly kind?: RunSummary['kind'];
  readonly state?: RunSummary['state'];
  readonly release?: string;
  /** Earliest start, epoch milliseconds. */
  readonly since?: number;
};

/** Whether the ledger would list this run under the filter: for runs that the live stream brings. */
export function fits(run: RunSummary, filter: HistoryFilter): boolean {
  return (
    (filter.environment === undefined || run.environment === filter.environment) &&
    (filter.kind === undefined || run.kind === filter.kind) &&
    (filter.state === undefined || run.state === filter.state) &&
    (filter.release === undefined || run.release === filter.release) &&
    (filter.since === undefined || run.startedAt >= filter.since)
  );
}

/**
 * What was listed, brought up to date by what the window knows of the newest runs: changed rows change, new ones come
 * on top, and one that no longer fits goes.
 */
export function withRecent(
  listed: readonly RunSummary[],
  recent: readonly RunSummary[],
  filter: HistoryFilter,
): readonly RunSummary[] {
  const byId = new Map(recent.map((run) => [run.id, run]));
  const newest = listed[0]?.id ?? 0;
  const fresh = recent.filter((run) => run.id > newest);
  return [...fresh, ...listed.map((run) => byId.get(run.id) ?? run)].filter((run) => fits(run, filter));
}

/** Where a text stands in what is loaded of a run; log lines are not searched. */
export function matches(run: RunSummary, text: string): boolean {
  const low = text.trim().toLowerCase();
  if (low === '') return true;
  return [run.release, run.version, run.summary, run.note].some((each) => each?.toLowerCase().includes(low));
}

export type HistoryRow =
  | { readonly kind: 'day'; readonly at: number }
  | { readonly kind: 'run'; readonly run: RunSummary };

/** Runs under the heads of their days. A run belongs to the day on which it began. */
export function toRows(runs: readonly RunSummary[]): readonly HistoryRow[] {
  return runs.flatMap((run, index) => {
    const before = runs[index - 1];
    const row = { kind: 'run', run } as const;
    return before !== undefined && dayOf(before.startedAt) === dayOf(run.startedAt)
      ? [row]
      : [{ kind: 'day', at: run.startedAt } as const, row];
  });
}

function dayOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

const DAY_HEAD_PX = 28;
const RUN_PX = 40;
const LINE_PX = 20;

/** Heights are decided here and drawn so, because rows out of view are only counted. */
export function heightOf(row: HistoryRow): number {
  if (row.kind === 'day') return DAY_HEAD_PX;
  const lines = linesOf(row.run).length;
  return RUN_PX + (lines > 0 ? 4 : 0) + lines * LINE_PX;
}

/** The lines under a run's title: how it ended, and what somebody wrote about it. */
export function linesOf(
  run: RunSummary,
): readonly { readonly kind: 'summary' | 'note'; readonly text: string }[] {
  return [
    ...(run.summary === '' ? [] : [{ kind: 'summary', text: endText(run) } as const]),
    ...(run.note === undefined ? [] : [{ kind: 'note', text: run.note } as const]),
  ];
}

/** Which run an arrow key leads to; undefined where the key is none of these or there is nothing further. */
export function neighbour(
  runs: readonly RunSummary[],
  current: RunId | undefined,
  key: string,
): RunSummary | undefined {
  const at = runs.findIndex((run) => run.id === current);
  const last = runs.length - 1;
  switch (key) {
    case 'ArrowDown':
      return runs[Math.min(at + 1, last)];
    case 'ArrowUp':
      return runs[Math.max(at - 1, 0)];
    case 'PageDown':
      return runs[Math.min(at + 10, last)];
    case 'PageUp':
      return runs[Math.max(at - 10, 0)];
    case 'Home':
      return runs[0];
    case 'End':
      return runs[last];
    default:
      return undefined;
  }
}
