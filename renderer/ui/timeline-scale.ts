export type TimelineStep = {
  readonly id: string;
  /** The build stage: "deps". */
  readonly group: string;
  readonly name: string;
  /** Milliseconds from the start of the build. */
  readonly from: number;
  readonly to: number;
  readonly kind: 'critical' | 'ran' | 'cached' | 'running' | 'failed';
};

/** Seconds between two marks such that at most eight of them fit. */
export function tickSeconds(totalMs: number): number {
  const total = totalMs / 1000;
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  return steps.find((step) => total / step <= 8) ?? 3600 * Math.ceil(total / 3600 / 8);
}

export function ticks(totalMs: number): readonly number[] {
  const step = tickSeconds(totalMs);
  const n = Math.floor(totalMs / 1000 / step + 1e-9) + 1;
  return Array.from({ length: n }, (_, index) => Number((index * step).toFixed(1)));
}

/** Cached neighbours of one stage fold into one row: they cost nothing, so they may not hide what did. */
export function foldCached(steps: readonly TimelineStep[]): readonly TimelineStep[] {
  const rows: { first: TimelineStep; to: number; more: number }[] = [];
  for (const step of steps) {
    const last = rows.at(-1);
    if (last && step.kind === 'cached' && last.first.kind === 'cached' && last.first.group === step.group) {
      last.more += 1;
      last.to = Math.max(last.to, step.to);
    } else {
      rows.push({ first: step, to: step.to, more: 0 });
    }
  }
  return rows.map(({ first, to, more }) =>
    more === 0 ? first : { ...first, to, name: `${first.name}, and ${more} more` },
  );
}
