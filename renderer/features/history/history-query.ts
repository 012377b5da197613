import { runKindSchema, runOutcomeSchema } from '#shared/domain/outcome.ts';
import type { HistoryFilter } from './history-rows.ts';

/** What the address keeps of the history. */
export const queryNames = ['env', 'kind', 'outcome', 'release', 'since', 'q', 'run'] as const;

export const sinceChoices = [
  { id: 'today', label: 'today', days: 0 },
  { id: '7', label: 'the last 7 days', days: 7 },
  { id: '30', label: 'the last 30 days', days: 30 },
] as const;

/** The filter that an address names; what it cannot mean is left out. `now` decides what "today" is. */
export function filterOf(query: Readonly<Record<string, string>>, now: number): HistoryFilter {
  const kind = runKindSchema.safeParse(query.kind);
  const state = query.outcome === 'running' ? 'running' : runOutcomeSchema.safeParse(query.outcome).data;
  const since = sinceChoices.find((choice) => choice.id === query.since);
  return {
    ...(query.env === undefined ? {} : { environment: query.env }),
    ...(kind.success ? { kind: kind.data } : {}),
    ...(state === undefined ? {} : { state }),
    ...(query.release === undefined ? {} : { release: query.release }),
    ...(since === undefined ? {} : { since: startOfDay(now, since.days) }),
  };
}

function startOfDay(now: number, daysBefore: number): number {
  const day = new Date(now);
  day.setHours(0, 0, 0, 0);
  // By calendar days, so that a clock change does not shift it by an hour.
  day.setDate(day.getDate() - daysBefore);
  return day.getTime();
}
